#pragma once

#include "engineio/net/http.hpp"
#include "engineio/net/stored_request.hpp"
#include "socketio/json.hpp"
#include "socketio/json_codec.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

/// The decoded pairs as an object, in O(n log n): a peer may send a megabyte of them. The last of
/// equal names counts.
Json query_json(engineio::net::Query const& query);

/// What a client said when it connected: the first HTTP request of its session (shared by all
/// namespaces of the connection) and the auth payload of this namespace's CONNECT packet.
/// Immutable; readable from any thread.
class Handshake {
public:
    /// @private Made by the library.
    Handshake(std::shared_ptr<engineio::net::StoredRequest const> request, Json auth,
              std::chrono::system_clock::time_point issued)
        : request_(std::move(request)), auth_(std::move(auth)), issued_(issued) {}

    /// The auth payload: an object, empty if the client sent none.
    Json const& auth() const { return auth_; }
    /// One member of it, or nothing if it is absent or of another type.
    template <class T = std::string>
    std::optional<T> auth(std::string_view key) const {
        T value{};
        Json const& member = auth_[key];
        return !member.is_null() && read_value(member, value) ? std::optional(std::move(value))
                                                              : std::nullopt;
    }

    /// The value of a request header ("" if absent); names are lower-case.
    std::string_view header(std::string_view lower_case_name) const {
        return find_header(lower_case_name).value_or("");
    }
    /// The same, or nothing if it is absent.
    std::optional<std::string_view> find_header(std::string_view lower_case_name) const {
        return request_->header(lower_case_name);
    }
    /// All of them, names in lower case; a copy.
    engineio::net::Headers headers() const { return request().headers; }

    /// The decoded query of the first request, engine parameters (EIO, transport) included.
    engineio::net::Query query() const {
        return engineio::net::query_of_target(request_->target());
    }
    /// One query parameter, or nothing if it is absent.
    std::optional<std::string> query(std::string_view name) const;

    /// The first request of the connection, without body: a copy, as it is kept packed and may have
    /// thousands of fields.
    engineio::net::Request request() const { return request_->unpack(); }
    /// Undecoded target of the request, "/socket.io/?EIO=4&...".
    std::string url() const { return std::string(request_->target()); }
    /// The peer's address without port.
    std::string address() const { return std::string(request_->remote_address()); }
    /// Came over TLS, to us or to a proxy that is trusted (HttpOptions::trust_proxy).
    bool secure() const { return request_->secure(); }
    /// Came from a page of another origin (an Origin header is present).
    bool xdomain() const { return !header("origin").empty(); }
    /// When the socket was made.
    std::chrono::system_clock::time_point issued() const { return issued_; }

    /// Node's `socket.handshake` as it would travel in an event.
    Json to_json() const;
    /// That form back: the handshake of a socket of another server. What is missing is empty.
    static Handshake from_json(Json const& json);

private:
    std::shared_ptr<engineio::net::StoredRequest const> request_;
    Json auth_;
    std::chrono::system_clock::time_point issued_;
};

}  // namespace socketio
