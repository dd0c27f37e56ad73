#pragma once

#include "engineio/config.hpp"
#include "engineio/engine_group.hpp"
#include "engineio/net/drain.hpp"
#include "engineio/net/http_server.hpp"
#include "socketio/adapter.hpp"
#include "socketio/connection.hpp"
#include "socketio/limits.hpp"
#include "socketio/namespace.hpp"
#include "socketio/parent_namespace.hpp"
#include "socketio/parser.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

using engineio::CookieOptions;
using engineio::CorsOptions;
using engineio::net::DrainOptions;
using engineio::net::Endpoint;
using engineio::net::ForwardedHeader;
using engineio::net::HttpOptions;
using engineio::net::Metrics;
using engineio::net::prometheus_text;
using engineio::net::Request;
using engineio::net::Responder;
using engineio::net::Response;
using engineio::net::TlsOptions;

/// The threads (shards) and listeners that servers run on. A server makes its own unless given
/// one; several servers in one process share one.
using Runtime = engineio::net::HttpServer;

/// Connection state recovery (reference-behaviour 5.9).
struct RecoveryOptions {
    /// How long a socket's rooms, data and missed packets are kept.
    std::chrono::milliseconds max_disconnection_duration{120'000};
    /// A socket that comes back has passed the middlewares before.
    bool skip_middlewares = true;
    /// Events that are kept, and their memory, of all namespaces together, as clients may name
    /// those. Beyond, the namespace with the most forgets its oldest, and who has missed one of
    /// those connects anew. Children of one parent count as one first, so that a flood in them
    /// costs them alone. As many bytes bound the memory of saved sockets, their rooms and data
    /// included; one with more than a 64th of them is not saved.
    std::size_t max_packets = engineio::limits::max_recovery_packets;
    std::size_t max_bytes = engineio::limits::max_recovery_bytes;
    /// Sockets whose return is awaited, of all namespaces together; likewise.
    std::size_t max_sessions = engineio::limits::max_recovery_sessions;
    /// Where all this outlives the server: written by close(), with which a drain ends unless
    /// others share the runtime, read and removed by the next one, so that clients are recovered
    /// over a restart. One file for one server; it holds what clients are to be sent and is for its
    /// owner only. What cannot be read is set aside as file + ".unreadable". Empty: a restart
    /// forgets.
    std::string file = {};
};

/// Options of a server: Node's names in snake_case, Node's defaults. The second half belongs to
/// the Engine.IO layer. Functions are called on the shard of their request, by several shards at
/// once; an exception of theirs refuses that request at most.
struct ServerOptions {
    std::uint16_t port = 3000;  ///< 0: any free port
    /// As Endpoint::host: empty for every address of the machine, "127.0.0.1", "::1", a name,
    /// "unix:/run/chat.sock", …
    std::string host = {};
    std::optional<TlsOptions> tls = {};  ///< https and wss instead of http and ws
    HttpOptions http = {};               ///< timeouts, trusted proxies; of every listener
    unsigned threads = 1;                ///< shards; 0: one per hardware thread
    std::string path = "/socket.io";     ///< what the clients' `path` says
    bool serve_client = true;            ///< GET of path + "/socket.io.js" and its kin is answered
    /// Folder with socket.io.js and its kin, as npm's socket.io/client-dist. Empty: none served.
    std::string client_dir = {};
    /// How long a connection may stay without a namespace.
    std::chrono::milliseconds connect_timeout = engineio::limits::connect_timeout;
    /// How much one client may make the server hold or do.
    SocketLimits limits = {};
    /// The wire form of packets, the same as the clients' option `parser`. Empty: text_parser();
    /// or msgpack_parser(), or one of your own (parser.hpp).
    std::shared_ptr<Parser const> parser = {};
    /// Keeps what a client misses while its connection is broken; empty: off.
    std::optional<RecoveryOptions> connection_state_recovery = {};
    /// The other servers of a cluster; empty: this one is alone. One adapter serves one server.
    std::shared_ptr<Adapter> adapter = {};
    /// A dynamic namespace goes with its last socket, also if a middleware refused that, unless
    /// of() was asked for it by name. Saved sessions go with it.
    bool cleanup_empty_child_namespaces = false;

    /// The path is served with a slash at its end, as stock clients ask for it.
    bool add_trailing_slash = true;
    /// Those that clients may use.
    std::vector<std::string> transports = {"polling", "websocket"};
    /// Polling clients are offered the upgrade to WebSocket.
    bool allow_upgrades = true;
    /// Between two pings of the server; this and the next are twelve days at most
    /// (engineio::limits::max_ping_time), whatever is given.
    std::chrono::milliseconds ping_interval{25'000};
    /// How long a client may take to answer one; then it leaves with "ping timeout".
    std::chrono::milliseconds ping_timeout{20'000};
    /// How long an unfinished upgrade may take.
    std::chrono::milliseconds upgrade_timeout = engineio::limits::upgrade_timeout;
    /// Bytes of one message or POST. A larger message ends the connection, a larger POST is
    /// answered 413 and its session stays.
    std::size_t max_http_buffer_size = engineio::limits::max_payload_bytes;
    /// Asked once per session; empty admits all.
    engineio::AllowRequest allow_request = {};
    /// Makes the id of a session; empty: 20 characters nobody can guess.
    engineio::GenerateId generate_id = {};
    /// Pages of which other origins may read polling answers; empty: none. WebSockets are open to
    /// any page unless this, or allowed_origins, names some.
    engineio::Cors cors = {};
    /// Pages of which origins may open sessions, see engineio::Options. Empty: those that `cors`
    /// names, if it names any, else all; "*": all.
    std::optional<CorsOptions::Origin> allowed_origins = {};
    /// A cookie with the session id for load balancers; none by default.
    std::optional<CookieOptions> cookie = {};
    /// Of polling answers; empty: off.
    std::optional<engineio::HttpCompression> http_compression = engineio::HttpCompression{};
    /// Of WebSocket messages; off unless `.enabled`. Who broadcasts should forgo our windows
    /// (`.server_no_context_takeover`): they cost memory, and a compression for each recipient.
    engineio::net::DeflateOptions per_message_deflate = {};
    /// A message for each new session, right after the open packet.
    std::optional<std::string> initial_packet = {};
    /// Clients of Socket.IO 2 are served, too.
    bool allow_eio3 = false;
    /// Upgrade requests for other paths that nobody claims are ended after the timeout, unless
    /// there is an on_http handler.
    bool destroy_upgrade = true;
    /// That timeout.
    std::chrono::milliseconds destroy_upgrade_timeout = engineio::limits::destroy_upgrade_timeout;
    /// May add headers to the first answer of a session.
    engineio::Callback<void(engineio::net::Headers&, Request const&)> initial_headers = {};
    /// May add headers to every polling answer and 101.
    engineio::Callback<void(engineio::net::Headers&, Request const&)> headers = {};
    /// Hears of refused requests, with code and context.
    engineio::Callback<void(Request const&, engineio::ConnectionError const&)> connection_error =
        {};
};

/// The Engine.IO half of the options.
engineio::Options engine_options(ServerOptions const& options);

/// A Socket.IO server. Register namespaces and handlers first, then run(): from then on the
/// handler tables are fixed. Registering, listening for the first time and what concerns signals is
/// done by one thread before run(); all else may be called on any thread, but for what is awaited
/// (fetch_sockets, …): on a shard's.
///
///     Server io{{.port = 3000}};
///     io.on("chat message", [&](std::string text) { io.emit("chat message", text); });
///     io.run();
class Server : public Broadcasts<Server> {
public:
    /// Throws std::invalid_argument, naming the option, for options that can't be served.
    explicit Server(ServerOptions options = {});
    /// On threads shared with other servers; `runtime` must outlive it and is run by its owner.
    Server(Runtime& runtime, ServerOptions options);
    ~Server();
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;

    /// The namespace of that name, made if needed ("chat" means "/chat", "" means "/"), as a child
    /// of the first pattern that matches. Throws std::logic_error for a new name after listen().
    Namespace& of(std::string_view name);
    /// The same; `set_up(nsp)` registers its handlers before anybody can see it, which is how a
    /// namespace is made after listen(). Throws std::logic_error (from the registering) if it
    /// exists and the server listens. Any thread.
    Namespace& of(std::string_view name, engineio::Callback<void(Namespace&)> const& set_up);
    /// Handlers for every namespace in whose name the pattern is found, as JavaScript's
    /// RegExp.test does (anchor the expression yourself). Asked in order of registration, for
    /// unknown names of at most limits::max_dynamic_name_bytes only. Only before listen().
    ParentNamespace& of(std::regex pattern);
    /// The same with a predicate on name and auth payload, asked on any shard.
    ParentNamespace& of_matching(ParentNamespace::Admit admit);
    /// Every namespace made from now on, dynamic ones included. Runs on the thread that makes it;
    /// only before listen().
    void on_new_namespace(engineio::Callback<void(Namespace&)> listener);
    /// Every new Engine.IO connection, before any of its packets (Node:
    /// `io.engine.on("connection")`). Runs on its shard; only before listen().
    void on_engine_connection(engineio::Callback<void(Connection)> listener);

    /// The main namespace "/", to which the following calls go.
    Namespace& sockets() { return of("/"); }
    /// The call of this name of the main namespace; see HandlerRegistry and Namespace.
    template <class F>
    HandlerRegistry& on(std::string_view event, F handler) {
        return sockets().on(event, std::move(handler));
    }
    template <class M, class C>
    HandlerRegistry& on(std::string_view event, M method, C* object) {
        return sockets().on(event, method, object);
    }
    template <class F>
    HandlerRegistry& once(std::string_view event, F handler) {
        return sockets().once(event, std::move(handler));
    }
    template <class F>
    HandlerRegistry& use(F middleware) {
        return sockets().use(std::move(middleware));
    }
    template <class F>
    HandlerRegistry& on_connection(F handler) {
        return sockets().on_connection(std::move(handler));
    }
    template <class F>
    HandlerRegistry& on_disconnecting(F handler) {
        return sockets().on_disconnecting(std::move(handler));
    }
    template <class F>
    HandlerRegistry& on_disconnect(F handler) {
        return sockets().on_disconnect(std::move(handler));
    }
    template <class F>
    HandlerRegistry& on_any(F listener) {
        return sockets().on_any(std::move(listener));
    }
    template <class... A>
    void server_side_emit(std::string_view event, A const&... args) {
        sockets().server_side_emit(event, args...);
    }
    template <class T = Json, class... A>
    BroadcastReply<T> server_side_emit_with_ack(std::string_view event, A const&... args) {
        return sockets().server_side_emit_with_ack<T>(event, args...);
    }

    /// Requests that are neither for the client files nor for the engine, upgrades included. Runs
    /// on the shard of the connection. Default: 404; upgrades are ended after
    /// destroy_upgrade_timeout, as in Node, which option is up to the handler once there is one.
    /// May be a coroutine; the connection of one that ends without an answer is cut.
    template <class F>
    void on_http(F handler) {
        using R = std::invoke_result_t<F&, Request, Responder>;
        if constexpr (detail::TaskResult<R>::is_task) {
            static_assert(detail::takes_values<F>,
                          "an HTTP handler that is a coroutine takes its arguments by value: "
                          "references would dangle after the first co_await");
            set_http_handler(
                [handler = std::move(handler)](Request request, Responder responder) mutable {
                    spawn(handler(std::move(request), std::move(responder)));
                });
        } else {
            set_http_handler(std::move(handler));
        }
    }

    /// Binds and listens as the options say; returns the port. Freezes the handler tables. Throws
    /// std::system_error if the address can't be used, std::runtime_error if a certificate can't.
    std::uint16_t listen();
    /// The same on another endpoint, instead of or besides the one of the options, any number of
    /// times: http and https, IPv4 and IPv6, a Unix socket. Also while it runs. Any thread.
    std::uint16_t listen(Endpoint const& endpoint);
    /// listen() if nothing listens yet, then serves on this thread (and the other shards' threads)
    /// until close(). Only for a server that made its own runtime.
    void run();
    /// SIGINT and SIGTERM end run() as close() does.
    void close_on_signals();
    /// Reads the certificate files of all listeners of the runtime again. New connections get what
    /// they hold now, open ones go on undisturbed. If one file can't be used, every listener keeps
    /// what it has and the error says which and why. Any thread.
    engineio::net::Result<void, std::string> reload_certificates();
    /// SIGHUP does that, and logs how it went.
    void reload_certificates_on_hangup();
    /// Ends every socket with "server shutting down" (its handlers still run, no DISCONNECT packet
    /// is sent) and every connection, queued packets discarded; closes the adapter; run() returns.
    /// A second call does nothing. Any thread, handlers included.
    void close();

    /// Ends as a rolling update wants it: refuses new sessions (503) and sends the clients away in
    /// batches, each with what was queued for it; then it stops accepting. Their sockets leave with
    /// "server shutting down"; the clients see "transport close" and so connect again, elsewhere.
    /// With a runtime of its own, answers under way are finished and then run() returns, at the
    /// deadline at the latest; else that is up to who runs the runtime. `told` is called once, on a
    /// shard, when every client was told, polling ones in their next poll. With
    /// RecoveryOptions::file clients are recovered if the next server has the same file. A second
    /// call does nothing, close() ends it at once. Any thread.
    void drain(DrainOptions const& options = {}, engineio::Callback<void()> told = {});
    /// drain() was called: for health checks, which should say 503 then. Any thread.
    bool draining() const;
    /// The first SIGINT or SIGTERM drains, the next one ends it at once. Only for a server that
    /// made its own runtime; instead of close_on_signals().
    void drain_on_signals(DrainOptions options = {});

    /// The Engine.IO server below (Node: io.engine): HTTP middlewares, the number of connections,
    /// and close(), which ends every connection with "forced close".
    engineio::EngineGroup& engine();

    /// The threads it runs on; and the options it was given.
    Runtime& runtime();
    ServerOptions const& options() const;
    /// Open Engine.IO connections of all shards (Node: io.engine.clientsCount); approximate while
    /// connections come and go.
    std::size_t clients_count() const;
    /// What is counted, added up over the shards of its runtime: connections, messages, limits that
    /// were met, and more. `prometheus_text(co_await io.metrics())` prints it.
    Task<Metrics> metrics();

private:
    friend class AddressesAll<Server, BroadcastOperator>;

    BroadcastOperator all() { return BroadcastOperator(sockets()); }
    void set_http_handler(std::function<void(Request, Responder)> handler);

    std::unique_ptr<Runtime> own_runtime_;
    std::unique_ptr<Core> core_;
};

}  // namespace socketio
