#pragma once

#include "engineio/callback.hpp"
#include "engineio/limits.hpp"
#include "engineio/net/http.hpp"
#include "engineio/net/ws_handshake.hpp"
#include "engineio/question.hpp"
#include "engineio/session_limits.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace engineio {

/// Cross-origin headers, as the `cors` npm package writes them (reference-behaviour 1.10).
struct CorsOptions {
    /// Node's `origin: true`: whatever origin asks is allowed.
    struct Reflect {};
    /// An exact origin, or an expression searched for in it.
    using Pattern = std::variant<std::string, std::regex>;
    /// True allows the origin.
    using Predicate = std::function<bool(std::string const& origin)>;
    /// One of the forms below.
    using Origin = std::variant<std::string, std::vector<std::string>, std::regex,
                                std::vector<Pattern>, Predicate, Reflect>;
    /// The allowed origin: "*" for any, one fixed origin, a list matched exactly, a regular
    /// expression searched for in the Origin header (at most limits::max_pattern_origin_bytes of
    /// it, longer ones do not match), a list of both, a predicate, or Reflect (Node's
    /// `origin: true`). "": as if CORS were off for the request. A predicate's false: no headers,
    /// and code 4 unless allowed_origins is given and admits the page. An exception of the
    /// predicate refuses the request with code 3.
    Origin origin = std::string("*");
    /// Access-Control-Allow-Methods of a preflight.
    std::vector<std::string> methods = {"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"};
    std::vector<std::string> allowed_headers = {};  ///< empty: what the preflight asks for
    /// Access-Control-Expose-Headers; empty: not sent.
    std::vector<std::string> exposed_headers = {};
    /// Access-Control-Allow-Credentials: cookies may come along.
    bool credentials = false;
    /// How long browsers may keep the answer of a preflight; not sent if empty.
    std::optional<std::chrono::seconds> max_age = {};
    bool preflight_continue = false;  ///< OPTIONS gets the headers and goes on to the engine
    /// Status of that answer.
    int options_success_status = 204;
};

/// The `cors` option: fixed, or decided by a function for each request (Node's options delegate),
/// whose nullopt means no CORS for that one and whose exception refuses it with code 3.
class Cors {
public:
    /// The options for one request, or nullopt for none.
    using Delegate = std::function<std::optional<CorsOptions>(net::Request const&)>;

    Cors() = default;  ///< no CORS header at all
    /// The same options for every request.
    Cors(CorsOptions options) : options_(std::move(options)) {}
    /// Asked for each request, on its shard.
    template <class F>
    requires(!std::is_same_v<std::decay_t<F>, Cors> &&
             std::is_invocable_r_v<std::optional<CorsOptions>, F&, net::Request const&>)
        Cors(F delegate)
        : delegate_(std::move(delegate)) {}

    /// Whether there is any.
    explicit operator bool() const { return options_ || delegate_; }
    /// Calls `use` with the options for this request, if there are any.
    template <class F>
    void with(net::Request const& request, F use) const {
        auto const own = delegate_ ? delegate_(request) : std::nullopt;
        if (auto const& options = delegate_ ? own : options_) {
            use(*options);
        }
    }

private:
    std::optional<CorsOptions> options_;
    Delegate delegate_;
};

/// The session cookie on the first polling answer (reference-behaviour 1.8). Names and values that
/// the `cookie` npm package refuses make the server's constructor throw std::invalid_argument.
struct CookieOptions {
    /// The cookie's name.
    std::string name = "io";
    std::string path = "/";  ///< empty: no Path attribute
    /// Hidden from scripts.
    bool http_only = true;
    std::string same_site = "Lax";  ///< Lax, Strict, None in any case, or empty
    /// Attributes of RFC 6265 that are left out if empty or false.
    std::optional<std::string> domain = {};
    std::optional<std::chrono::seconds> max_age = {};
    std::optional<std::chrono::system_clock::time_point> expires = {};
    bool secure = false;
    bool partitioned = false;
    std::string priority = {};  ///< Low, Medium, High in any case, or empty
    /// What the session id looks like in the cookie; empty: percent-encoded.
    std::function<std::string(std::string_view sid)> encode = {};
};

/// Compression of polling answers: gzip or deflate, as the client accepts.
struct HttpCompression {
    std::size_t threshold = limits::http_compression_threshold_bytes;  ///< of the body
    int level = -1;                                                    ///< zlib's, -1: its default
};

/// The answer of allow_request: nullopt admits, a text refuses with code 4 and that message
/// (an empty text means "Forbidden").
using Verdict = std::optional<std::string>;
using AllowRequest = Question<Verdict>;

/// The id of a new session; nullopt, an exception or an id in use refuses with code 3.
using GenerateId = Question<std::optional<std::string>>;

/// Names and values, in order.
using ErrorContext = std::vector<std::pair<std::string, std::string>>;

/// Why a request was refused, as given to `connection_error`.
struct ConnectionError {
    int code = 0;         ///< 0-5, reference-behaviour 1.3
    std::string message;  ///< the table's text for the code
    /// Node's context object in its order, e.g. {name: TRANSPORT_MISMATCH, transport: …}.
    ErrorContext context;

    std::string_view in_context(std::string_view key) const;  ///< "" if absent
};

/// Options of the Engine.IO layer: Node's names in snake_case, Node's defaults. Functions are
/// called on the shard of the request, by several shards at once. Their exceptions are logged and
/// harm their own request at most: what asks is refused, hooks count as done.
struct Options {
    /// What the request target must begin with.
    std::string path = "/engine.io";
    /// The path is served with a slash at its end.
    bool add_trailing_slash = true;
    /// Those that clients may use.
    std::vector<std::string> transports = {"polling", "websocket"};
    /// Polling clients are offered the upgrade to WebSocket.
    bool allow_upgrades = true;
    /// Between two pings of the server; this and the next are twelve days at most
    /// (limits::max_ping_time), whatever is given.
    std::chrono::milliseconds ping_interval{25'000};
    /// How long a client may take to answer a ping.
    std::chrono::milliseconds ping_timeout{20'000};
    /// How long an unfinished upgrade may take.
    std::chrono::milliseconds upgrade_timeout = limits::upgrade_timeout;
    /// Bytes of one message or POST. A larger message ends its WebSocket with 1009, a larger POST
    /// is answered 413 and its session stays.
    std::size_t max_http_buffer_size = limits::max_payload_bytes;
    AllowRequest allow_request = {};  ///< once per session; empty admits all
    GenerateId generate_id = {};      ///< empty: 15 bytes, 12 of them random
    Cors cors = {};                   ///< none; see CorsOptions
    /// Pages of which origins may open sessions: browsers hold no page back from opening a
    /// WebSocket to us, with the cookies of whoever looks at it. Others' handshakes and upgrades,
    /// and their requests to sessions, are refused with code 4. Pages of the request's own Host are
    /// always admitted: over TLS those of https, else of either scheme, for behind a proxy that
    /// ends TLS it can't be known which was the page's. Who sends no Origin is no browser, but for
    /// JSONP, whose script elements never do: it opens a session if Sec-Fetch-Site is same-origin
    /// or none, or if the page that the Referer names is admitted; if the browser says neither, as
    /// if its Origin were "null". Empty (no value): those that `cors` names, if it names any, else
    /// all; "*": all; an empty list: only our own pages.
    std::optional<CorsOptions::Origin> allowed_origins = {};
    /// A cookie with the session id; none by default.
    std::optional<CookieOptions> cookie = {};
    /// Of polling answers; empty: off.
    std::optional<HttpCompression> http_compression = HttpCompression{};
    net::DeflateOptions per_message_deflate = {};    ///< off unless .enabled
    std::optional<std::string> initial_packet = {};  ///< message sent right after the open packet
    /// Clients of Socket.IO 2 (Engine.IO 3) are served, too.
    bool allow_eio3 = false;
    /// A socketio::Server without on_http ends upgrade requests for other paths, which nobody
    /// claims, silently after the timeout. An Engine alone sees its own path only.
    bool destroy_upgrade = true;
    /// That timeout.
    std::chrono::milliseconds destroy_upgrade_timeout = limits::destroy_upgrade_timeout;
    /// May add headers: the first to the first answer of a session only, the second to every
    /// polling answer and 101 (reference-behaviour 1.9).
    Callback<void(net::Headers&, net::Request const&)> initial_headers = {};
    Callback<void(net::Headers&, net::Request const&)> headers = {};
    /// Hears of refused requests.
    Callback<void(net::Request const&, ConnectionError const&)> connection_error = {};

    /// What a client may make us do and hold.
    SessionLimits limits = {};
};

/// Throws std::invalid_argument, naming the option, for what could only be ignored or fail later.
/// A pure function.
void check_options(Options const& options);

}  // namespace engineio
