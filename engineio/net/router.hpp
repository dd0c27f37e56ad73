#pragma once

#include "engineio/net/http.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace engineio::net {

/// Sends each request to the first route that matches it, in the order they were added. Complete
/// before the first request; owned by the program. Afterwards requests may come from any shard, so
/// a router with functions that bear this serves all of them.
class Router final : public HttpHandler {
public:
    /// Whether a route wants a request; and what it does with it.
    using Predicate = std::function<bool(Request const&)>;
    using Function = std::function<void(Request, Responder)>;

    /// `handler` must outlive the router.
    void add(Predicate matches, HttpHandler& handler);
    void add(Predicate matches, Function function);
    /// The path, without the query, is exactly `path`.
    void add_path(std::string path, Function function);
    /// The raw request target begins with `prefix`.
    void add_prefix(std::string prefix, Function function);
    /// What no route wants. Default: 404 with an empty body.
    void set_fallback(Function function) { fallback_ = std::move(function); }

    void on_request(Request request, Responder responder) override;

private:
    struct Route {
        Predicate matches;
        Function function;
    };
    std::vector<Route> routes_;
    Function fallback_;
};

}  // namespace engineio::net
