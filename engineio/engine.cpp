#include "engineio/engine.hpp"

#include "engineio/cookie.hpp"
#include "engineio/cors.hpp"
#include "engineio/handshake_check.hpp"
#include "engineio/net/result.hpp"
#include "engineio/net/ws_handshake.hpp"
#include "engineio/payload.hpp"
#include "engineio/polling_transport.hpp"
#include "engineio/sid.hpp"
#include "engineio/ws_transport.hpp"

#include <atomic>
#include <string>
#include <unordered_map>
#include <utility>

namespace engineio {

namespace {

// One request on its way through the checks.
struct Exchange {
    net::Request request;
    net::Query query;
    net::Responder responder;
    net::Headers headers;  // CORS, for whatever the answer is
    bool upgrade = false;
};

// Waits for allow_request's answer, which may come late, on another thread, twice or never. Its
// responder must nevertheless die on its shard.
struct Pending {
    Exchange exchange;
    std::atomic<bool> decided = false;
};

std::shared_ptr<Pending> make_pending(net::Shard& shard, Exchange exchange) {
    auto owned = std::make_unique<Pending>();
    owned->exchange = std::move(exchange);
    return {owned.release(), [&shard](Pending* pending) {
                std::unique_ptr<Pending> last(pending);
                if (!shard.is_current() && last->exchange.responder) {
                    shard.post([last = std::move(last)] {});
                }
            }};
}

std::string engine_path(Options const& options) {
    auto path = options.path;
    if (path.ends_with('/')) {
        path.pop_back();
    }
    return options.add_trailing_slash ? path + "/" : path;
}

net::UpgradeHeaders upgrade_headers(net::Request const& request) {
    // An absent header must stay distinguishable from an empty one.
    auto const value = [&](std::string_view name) {
        auto const* found = net::find_header(request.headers, name);
        return found ? std::string_view(*found) : std::string_view();
    };
    return {request.method,
            value("upgrade"),
            value("sec-websocket-key"),
            value("sec-websocket-version"),
            value("sec-websocket-protocol"),
            value("sec-websocket-extensions")};
}

}  // namespace

struct Engine::State : std::enable_shared_from_this<State> {
    State(net::Shard& shard, unsigned shard_count, std::shared_ptr<Options const> options,
          Accept accept)
        : shard(shard), shard_count(shard_count), options(std::move(options)),
          accept(std::move(accept)), path(engine_path(*this->options)),
          sids(shard.index(), shard_count) {}

    void serve(Exchange exchange);
    void serve_known(Exchange exchange, Session& session);
    void ask_permission(Exchange exchange);
    void decided(Exchange exchange, Verdict verdict);
    void handshake(Exchange exchange);
    void open_polling(Exchange exchange);
    void upgrade(Exchange exchange);
    WsTransport::Start make_start(net::Request const& request, net::Query const& query);
    void open_websocket(WsTransport& transport, net::Request const& request);
    Session& make_session(net::Request request, net::Query const& query);
    void open(Session& session, Transport& transport);
    void ended(Session& session);
    void refuse(Exchange exchange, ConnectionError error, std::string_view message = {});
    Session* find(std::string_view sid) const;

    net::Shard& shard;
    unsigned shard_count;
    std::shared_ptr<Options const> options;
    Accept accept;
    std::string path;
    SidGenerator sids;
    std::unordered_map<std::string, std::unique_ptr<Session>> sessions;
    bool closed = false;
};

Engine::Engine(net::Shard& shard, unsigned shard_count, std::shared_ptr<Options const> options,
               Accept accept)
    : state_(std::make_shared<State>(shard, shard_count, std::move(options), std::move(accept))) {}

Engine::~Engine() {
    // A verdict may come later still.
    state_->closed = true;
    state_->sessions.clear();
}

bool Engine::owns(net::Request const& request) const {
    return request.target.starts_with(state_->path);
}

std::size_t Engine::clients_count() const {
    return state_->sessions.size();
}

void Engine::close() {
    state_->closed = true;
    // Their ends are deferred, so the map does not change meanwhile.
    for (auto const& [sid, session] : state_->sessions) {
        session->close(true);
    }
}

void Engine::on_request(net::Request request, net::Responder responder) {
    auto query = request.query();
    auto const sid = query.get("sid");
    if (auto const home = shard_of(sid, state_->shard_count);
        home && *home != state_->shard.index()) {
        responder.hand_over(*home);
        return;
    }
    // Without WebSocket an upgrade request is a plain one (reference-behaviour 1.1).
    bool const upgrade = request.upgrade && allows_transport(*state_->options, "websocket");
    state_->serve({std::move(request), std::move(query), std::move(responder), {}, upgrade});
}

// --- checks -----------------------------------------------------------------------------------

Session* Engine::State::find(std::string_view sid) const {
    auto const found = sessions.find(std::string(sid));
    return found == sessions.end() ? nullptr : found->second.get();
}

void Engine::State::serve(Exchange exchange) {
    if (closed) {
        net::Response response;
        response.status = 503;
        response.close = true;
        exchange.responder.respond(std::move(response));
        return;
    }
    if (options->cors && add_cors_headers(*options->cors, exchange.request, exchange.headers) ==
                             CorsResult::preflight) {
        net::Response response;
        response.status = 204;
        response.headers = std::move(exchange.headers);
        exchange.responder.respond(std::move(response));
        return;
    }
    auto const sid = exchange.query.get("sid");
    Session* const session = sid.empty() ? nullptr : find(sid);
    KnownSession known{};
    if (session) {
        known = {session->transport(), session->protocol()};
    }
    if (auto error = check_request(*options, exchange.request, exchange.query, exchange.upgrade,
                                   session ? &known : nullptr)) {
        refuse(std::move(exchange), std::move(*error));
    } else if (session) {
        serve_known(std::move(exchange), *session);
    } else if (options->allow_request) {
        ask_permission(std::move(exchange));
    } else {
        handshake(std::move(exchange));
    }
}

void Engine::State::refuse(Exchange exchange, ConnectionError error, std::string_view message) {
    ++shard.metrics().protocol_errors;
    if (options->connection_error) {
        options->connection_error(exchange.request, error);
    }
    auto response = error_response(error.code, message, exchange.upgrade);
    response.headers.insert(response.headers.end(), exchange.headers.begin(),
                            exchange.headers.end());
    exchange.responder.respond(std::move(response));
}

void Engine::State::ask_permission(Exchange exchange) {
    auto const pending = make_pending(shard, std::move(exchange));
    auto decide = [weak = weak_from_this(), &shard = shard, pending](Verdict verdict) {
        if (pending->decided.exchange(true)) {
            return;
        }
        auto go = [weak, pending, verdict = std::move(verdict)]() mutable {
            auto const state = weak.lock();
            if (state && pending->exchange.responder) {
                state->decided(std::move(pending->exchange), std::move(verdict));
            }
        };
        // Not at once: the application still holds the request it was asked about.
        if (shard.is_current()) {
            shard.defer(std::move(go));
        } else {
            shard.post(std::move(go));
        }
    };
    options->allow_request(pending->exchange.request, std::move(decide));
}

void Engine::State::decided(Exchange exchange, Verdict verdict) {
    if (verdict) {
        auto error = make_error(error_code::forbidden, *verdict);
        refuse(std::move(exchange), std::move(error), *verdict);
    } else {
        handshake(std::move(exchange));
    }
}

// --- new sessions -----------------------------------------------------------------------------

void Engine::State::handshake(Exchange exchange) {
    if (exchange.upgrade) {
        upgrade(std::move(exchange));
    } else if (protocol_of(exchange.query) == 3 && !options->allow_eio3) {
        refuse(std::move(exchange), make_error(error_code::unsupported_protocol, "3"));
    } else {
        open_polling(std::move(exchange));
    }
}

Session& Engine::State::make_session(net::Request request, net::Query const& query) {
    Session::Opening opening;
    opening.sid = sids.next();
    opening.protocol = protocol_of(query);
    opening.base64_only = !query.get("b64").empty();
    opening.request = std::move(request);
    auto session = std::make_unique<Session>(shard, *options, std::move(opening));
    auto& made = *session;
    sessions.emplace(made.sid(), std::move(session));
    return made;
}

void Engine::State::open(Session& session, Transport& transport) {
    auto handler = accept(session);
    SIO_ASSERT(handler != nullptr);
    session.open(std::move(handler), transport, [this](Session& gone) { ended(gone); });
}

void Engine::State::ended(Session& session) {
    // Unknown from now on; destroyed when nothing of it is on the stack any more.
    if (auto node = sessions.extract(session.sid())) {
        shard.defer([gone = std::move(node.mapped())] {});
    }
}

void Engine::State::open_polling(Exchange exchange) {
    auto const& query = exchange.query;
    auto& session = make_session(exchange.request, query);
    PollingTransport::Format format{session.protocol(), !query.get("b64").empty(), {}};
    if (query.has("j")) {
        format.jsonp = jsonp_index(query.get("j"));
    }
    auto transport = std::make_unique<PollingTransport>(shard, *options, std::move(format));
    auto& polling = *transport;
    polling.bind(session);
    session.own(std::move(transport));
    if (options->cookie) {
        exchange.headers.push_back({"Set-Cookie", session_cookie(*options->cookie, session.sid())});
    }
    // Parks the request: the session is not open yet and sends nothing.
    polling.on_request({std::move(exchange.request), std::move(exchange.responder),
                        std::move(exchange.headers), true});
    open(session, polling);
}

// --- known sessions and WebSockets ------------------------------------------------------------

void Engine::State::serve_known(Exchange exchange, Session& session) {
    if (exchange.upgrade) {
        upgrade(std::move(exchange));
        return;
    }
    // check_request() made sure that the session is polling, and then it owns its transport.
    auto* const polling = static_cast<PollingTransport*>(session.owned());
    SIO_ASSERT(polling != nullptr);
    polling->on_request({std::move(exchange.request), std::move(exchange.responder),
                         std::move(exchange.headers), false});
}

void Engine::State::upgrade(Exchange exchange) {
    auto& request = exchange.request;
    auto const& wish = options->per_message_deflate;
    auto const result = net::check_upgrade(upgrade_headers(request), wish);
    if (!result) {
        net::Response response;
        response.status = result.status;
        response.headers = {{"Content-Type", "text/html"}};
        if (result.add_version_header) {
            response.headers.push_back({"Sec-WebSocket-Version", "13, 8"});
        }
        response.body = result.error;
        response.close = true;
        exchange.responder.respond(std::move(response));
        return;
    }
    bool const first = exchange.query.get("sid").empty();
    if (first && protocol_of(exchange.query) == 3 && !options->allow_eio3) {
        refuse(std::move(exchange), make_error(error_code::unsupported_protocol, "3"));
        return;
    }
    if (first && options->initial_headers) {
        options->initial_headers(exchange.headers, request);
    }
    if (options->headers) {
        options->headers(exchange.headers, request);
    }
    net::WsOptions ws;
    ws.max_message_bytes = options->max_http_buffer_size;
    ws.deflate = result.deflate;
    ws.deflate_threshold = wish.threshold;
    ws.deflate_level = wish.level;
    ws.key = request.header("sec-websocket-key");
    ws.subprotocol = result.protocols.empty() ? std::string() : result.protocols.front();
    auto transport = std::make_unique<WsTransport>(protocol_of(exchange.query),
                                                   !exchange.query.get("b64").empty(),
                                                   make_start(request, exchange.query));
    exchange.responder.accept_websocket(std::move(transport), ws, std::move(exchange.headers));
}

// What becomes of the WebSocket once it is open; too late for an HTTP error, so whatever is wrong
// now closes it (reference-behaviour 3.1).
WsTransport::Start Engine::State::make_start(net::Request const& request, net::Query const& query) {
    if (query.get("transport") != "websocket") {
        return [](WsTransport&) {};
    }
    if (query.get("sid").empty()) {
        return [this, request](WsTransport& transport) { open_websocket(transport, request); };
    }
    return [this, sid = std::string(query.get("sid"))](WsTransport& transport) {
        auto* const session = find(sid);
        if (session && session->attach_probe(transport)) {
            transport.bind(*session);
        }
    };
}

void Engine::State::open_websocket(WsTransport& transport, net::Request const& request) {
    auto& session = make_session(request, request.query());
    transport.bind(session);
    open(session, transport);
}

}  // namespace engineio
