#pragma once

#include "engineio/limits.hpp"
#include "engineio/net/http.hpp"
#include "engineio/net/ws_handshake.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace engineio {

// Cross-origin headers, as the `cors` npm package writes them (reference-behaviour 1.10).
struct CorsOptions {
    // The allowed origin: "*" for any, one fixed origin, a list matched exactly, a predicate on
    // the Origin header, or `reflect` (Node's `origin: true`).
    struct Reflect {};
    std::variant<std::string, std::vector<std::string>, std::function<bool(std::string const&)>,
                 Reflect>
        origin = std::string("*");
    std::vector<std::string> methods = {"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"};
    std::vector<std::string> allowed_headers = {};  // empty: what the preflight asks for
    std::vector<std::string> exposed_headers = {};
    bool credentials = false;
    std::optional<std::chrono::seconds> max_age = {};
};

// The session cookie on the first polling answer (reference-behaviour 1.8).
struct CookieOptions {
    std::string name = "io";
    std::string path = "/";
    bool http_only = true;
    std::string same_site = "Lax";
    std::optional<std::string> domain = {};
    std::optional<std::chrono::seconds> max_age = {};
    bool secure = false;
};

struct HttpCompression {
    std::size_t threshold = limits::http_compression_threshold_bytes;  // of the body
};

// The answer of allow_request: nullopt admits, a text refuses with code 4 and that message
// (an empty text means "Forbidden").
using Verdict = std::optional<std::string>;
using AllowRequest = std::function<void(net::Request const&, std::function<void(Verdict)> decide)>;

// Why a request was refused, as given to `connection_error`.
struct ConnectionError {
    int code = 0;         // 0-5, reference-behaviour 1.3
    std::string message;  // the table's text for the code
    std::string context;  // e.g. TRANSPORT_MISMATCH, the unknown sid, the refused method
};

// Options of the Engine.IO layer: Node's names in snake_case, Node's defaults.
struct Options {
    std::string path = "/engine.io";
    bool add_trailing_slash = true;
    std::vector<std::string> transports = {"polling", "websocket"};
    bool allow_upgrades = true;
    std::chrono::milliseconds ping_interval{25'000};
    std::chrono::milliseconds ping_timeout{20'000};
    std::chrono::milliseconds upgrade_timeout{10'000};
    std::size_t max_http_buffer_size = limits::max_payload_bytes;  // of one message or POST
    AllowRequest allow_request = {};       // once per session; empty admits all
    std::optional<CorsOptions> cors = {};  // empty: no CORS header at all
    std::optional<CookieOptions> cookie = {};
    std::optional<HttpCompression> http_compression = HttpCompression{};
    net::DeflateOptions per_message_deflate = {};    // off unless .enabled
    std::optional<std::string> initial_packet = {};  // message sent right after the open packet
    bool allow_eio3 = false;
    // May add headers: the first to the first answer of a session only, the second to every
    // polling answer and 101 (reference-behaviour 1.9). Called on the request's shard.
    std::function<void(net::Headers&, net::Request const&)> initial_headers = {};
    std::function<void(net::Headers&, net::Request const&)> headers = {};
    std::function<void(net::Request const&, ConnectionError const&)> connection_error = {};
};

}  // namespace engineio
