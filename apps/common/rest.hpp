#pragma once

#include "apps/common/reply.hpp"
#include "apps/common/rest_handler.hpp"
#include "engineio/config.hpp"
#include "engineio/net/router.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apps::common {

struct RestOptions {
    /// Paths below these are the table's even if no route has them: such a request is a 404 in the
    /// system's form and never the frontend's index.html.
    std::vector<std::string> prefixes = {"/api/"};
    /// How an error looks on the wire. Default: {"error": message}.
    std::function<socketio::Json(RestError const&)> error_form = {};
    engineio::Cors cors = {};  ///< preflights of the table's paths are answered
    std::size_t max_body_bytes = 1024 * 1024;
};

/// The plain HTTP side of a system as a table:
///
///     rest.get("/api/sessions/:id", [&](std::string id) { return find(id); });
///     rest.post("/api/login", [&](RestCall& call, Login login) -> Task<Reply> { … });
///
/// A handler's parameters are: optional RestCall&; one std::string or number for each ":name" of
/// the path, in order; optionally one more, read from the JSON body of POST, PUT and PATCH and from
/// the query otherwise (a struct with SIO_JSON, Json, or std::optional of one). It returns a Reply,
/// anything with a JSON form (200), void (204), or a Task of these. Arguments that do not fit: 400,
/// VALIDATION_ERROR. A RestError thrown is answered as one, an exception that is Unavailable by
/// 503, SERVICE_UNAVAILABLE; any other is logged and answered by 500, INTERNAL_ERROR. A body counts
/// only if its Content-Type is JSON, as in Express: no foreign page's form can be taken for one.
///
/// Filled before the server listens, then read by all shards. Owned by the system, outlives the
/// server. Handlers run on the shard of the connection.
class Rest {
public:
    explicit Rest(RestOptions options = {}) : options_(std::move(options)) {}
    Rest(Rest const&) = delete;
    Rest& operator=(Rest const&) = delete;

    template <class... H>
    void get(std::string_view path, H... handler) {
        add("GET", path, make_rest_handler(std::move(handler)...));
    }
    template <class... H>
    void post(std::string_view path, H... handler) {
        add("POST", path, make_rest_handler(std::move(handler)...));
    }
    template <class... H>
    void put(std::string_view path, H... handler) {
        add("PUT", path, make_rest_handler(std::move(handler)...));
    }
    template <class... H>
    void patch(std::string_view path, H... handler) {
        add("PATCH", path, make_rest_handler(std::move(handler)...));
    }
    template <class... H>
    void remove(std::string_view path, H... handler) {
        add("DELETE", path, make_rest_handler(std::move(handler)...));
    }

    /// Runs before a request's body is read, in order of registration; a Reply ends the request.
    /// For keys and rate limits, which a bad or a big body must not get around.
    using Hook = std::function<std::optional<Reply>(RestCall const&)>;
    void before(Hook hook) { hooks_.push_back(std::move(hook)); }

    /// Puts the table into the router, which must not outlive it.
    void mount(engineio::net::Router& router);

    /// True if the request is for this table: a route's path or one below a prefix.
    bool serves(engineio::net::Request const& request) const;
    void handle(engineio::net::Request request, engineio::net::Responder responder) const;

    /// Asks the hooks; false if one of them has answered.
    bool admit(RestExchange& exchange) const;

    /// Finds the handler of a request whose body is read and lets it answer.
    void run(RestExchangePtr const& exchange) const;

    /// What the answer looks like on the wire.
    engineio::net::Response response(Reply reply) const;

private:
    struct Route {
        std::string method;
        std::vector<std::string> segments;  // ":name" takes one
        RestHandler handler;
    };

    void add(std::string method, std::string_view path, RestHandler handler);
    Route const* find(RestCall& call, bool& path_known) const;

    RestOptions options_;
    std::vector<Route> routes_;
    std::vector<Hook> hooks_;
};

}  // namespace apps::common
