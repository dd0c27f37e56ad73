// How sessions begin: the id, the first transport, and WebSockets of new and known sessions.
#include "engineio/cookie.hpp"
#include "engineio/engine_state.hpp"
#include "engineio/handshake_check.hpp"
#include "engineio/net/result.hpp"
#include "engineio/net/table_room.hpp"
#include "engineio/payload.hpp"
#include "engineio/polling_transport.hpp"

#include <cstdint>

namespace engineio {

void Engine::State::handshake(Exchange exchange) {
    if (closed) {
        exchange.responder.drop();  // while the application was asked
    } else if (leaving) {
        turn_away(std::move(exchange));
    } else if (exchange.upgrade) {
        upgrade(std::move(exchange));
    } else if (protocol_of(exchange.query) == 3 && !options.allow_eio3) {
        refuse(std::move(exchange),
               make_error(error_code::unsupported_protocol, {{"protocol", "3"}}));
    } else {
        open_session(std::move(exchange));
    }
}

// Chooses the id, then opens.
void Engine::State::open_session(Exchange exchange) {
    if (!options.generate_id) {
        exchange.sid = sids.next();
        exchange.upgrade ? upgrade(std::move(exchange)) : open_polling(std::move(exchange));
        return;
    }
    ask(options.generate_id, std::move(exchange), std::optional<std::string>(), &State::identified);
}

void Engine::State::identified(Exchange exchange, std::optional<std::string> sid) {
    if (closed) {
        return;  // meanwhile; the dropped responder cuts the connection
    }
    if (leaving) {
        turn_away(std::move(exchange));
        return;
    }
    bool const fresh = sid && !sid->empty() && group.claim(*sid, shard.index());
    if (!fresh) {
        auto const* const why = !sid ? "failed" : sid->empty() ? "empty" : "in use";
        refuse(std::move(exchange), make_error(error_code::bad_request,
                                               {{"name", "ID_GENERATION_ERROR"}, {"error", why}}));
        return;
    }
    exchange.sid = *sid;
    bool const opened = guarded(shard, "the opening of a session", [&] {
        exchange.upgrade ? upgrade(std::move(exchange)) : open_polling(std::move(exchange));
    });
    if (!opened && !find(*sid)) {
        group.release(*sid);  // by a session, that is done when it ends
    }
}

Session& Engine::State::make_session(std::string sid, std::shared_ptr<net::Admission::Seat> seat,
                                     net::Request request, net::Query const& query) {
    Session::Opening opening;
    opening.sid = std::move(sid);
    opening.seat = std::move(seat);
    opening.protocol = protocol_of(query);
    opening.base64_only = !query.get("b64").empty();
    opening.request = std::move(request);
    auto session = std::make_unique<Session>(shard, options, std::move(opening));
    auto& made = *session;
    sessions.emplace(made.sid(), std::move(session));
    group.count(1);
    return made;
}

void Engine::State::open(Session& session, Transport& transport) {
    std::unique_ptr<SessionHandler> handler;
    try {
        handler = accept(session);
    } catch (...) {
        // It would stay for ever, without a user or a heartbeat.
        transport.close(true);
        ended(session);
        throw;
    }
    SIO_ASSERT(handler != nullptr);
    try {
        session.open(std::move(handler), transport, [this](Session& gone) { ended(gone); });
    } catch (...) {
        session.close(true);
        throw;
    }
}

void Engine::State::ended(Session& session) noexcept {
    // Unknown from now on; destroyed when nothing of it is on the stack any more.
    if (auto node = sessions.extract(session.sid())) {
        net::give_back_room(sessions);
        group.count(-1);
        if (options.generate_id) {
            group.release(session.sid());
        }
        shard.defer([gone = std::move(node.mapped())] {});
    }
}

void Engine::State::open_polling(Exchange exchange) {
    auto const& query = exchange.query;
    // First, for its encoder is the application's and may throw.
    if (options.cookie) {
        exchange.headers.push_back({"Set-Cookie", session_cookie(*options.cookie, exchange.sid)});
    }
    auto& session =
        make_session(std::move(exchange.sid), std::move(exchange.seat), exchange.request, query);
    PollingTransport::Format format{session.protocol(), !query.get("b64").empty(), {}};
    if (query.has("j")) {
        format.jsonp = jsonp_index(query.get("j"));
    }
    auto transport = std::make_unique<PollingTransport>(shard, options, std::move(format));
    auto& polling = *transport;
    polling.bind(session);
    session.own(std::move(transport));
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
    // check_request() made sure that the session is polling, and then it owns its transport. No
    // assertion: what a stranger sends must not end the process, if that was ever wrong.
    auto* const polling = static_cast<PollingTransport*>(session.owned());
    if (!polling) {
        return;  // the dropped responder cuts the connection
    }
    polling->on_request({std::move(exchange.request), std::move(exchange.responder),
                         std::move(exchange.headers), false});
}

// False, and answered, if it is none in the eyes of RFC 6455.
bool Engine::State::is_websocket(Exchange& exchange, net::UpgradeResult const& result) {
    if (result) {
        return true;
    }
    net::Response response;
    response.status = result.status;
    response.headers = {{"Content-Type", "text/html"}};
    if (result.add_version_header) {
        response.headers.push_back({"Sec-WebSocket-Version", "13, 8"});
    }
    response.body = result.error;
    response.close = true;
    exchange.responder.respond(std::move(response));
    return false;
}

// True, and answered: its client goes on polling.
bool Engine::State::is_one_upgrade_too_many(Exchange& exchange) {
    auto const most = options.limits.max_unfinished_upgrades;
    if (most == 0 || shard.metrics().unfinished_upgrades < most) {
        return false;
    }
    shard.limit_hit("max_unfinished_upgrades", exchange.request.remote_address);
    auto response =
        error_response(error_code::forbidden, "Too many unfinished upgrades", exchange.upgrade);
    response.status = 503;
    response.headers.push_back({"Retry-After", "1"});
    exchange.responder.respond(std::move(response));
    return true;
}

void Engine::State::upgrade(Exchange exchange) {
    auto& request = exchange.request;
    auto const& wish = options.per_message_deflate;
    auto const result = net::check_upgrade(net::upgrade_headers(request), wish);
    if (!is_websocket(exchange, result)) {
        return;
    }
    bool const first = exchange.query.get("sid").empty();
    if (first && protocol_of(exchange.query) == 3 && !options.allow_eio3) {
        refuse(std::move(exchange),
               make_error(error_code::unsupported_protocol, {{"protocol", "3"}}));
        return;
    }
    if (first && exchange.sid.empty() && exchange.query.get("transport") == "websocket") {
        open_session(std::move(exchange));  // comes back with an id
        return;
    }
    if (!first && is_one_upgrade_too_many(exchange)) {
        return;
    }
    if (first && options.initial_headers) {
        guarded(shard, "initial_headers",
                [&] { options.initial_headers(exchange.headers, request); });
    }
    if (options.headers) {
        guarded(shard, "headers", [&] { options.headers(exchange.headers, request); });
    }
    net::WsOptions ws;
    ws.max_message_bytes = options.max_http_buffer_size;
    use_limits(options.limits, ws);
    ws.deflate = result.deflate;
    ws.deflate_threshold = wish.threshold;
    ws.deflate_level = wish.level;
    ws.key = request.header("sec-websocket-key");
    ws.remote_address = request.remote_address;
    ws.subprotocol = result.protocols.empty() ? std::string() : result.protocols.front();
    auto transport = std::make_unique<WsTransport>(
        protocol_of(exchange.query), !exchange.query.get("b64").empty(), make_start(exchange));
    exchange.responder.accept_websocket(std::move(transport), ws, std::move(exchange.headers));
}

// What becomes of the WebSocket once it is open; too late for an HTTP error, so whatever is wrong
// now closes it (reference-behaviour 3.1).
WsTransport::Start Engine::State::make_start(Exchange const& exchange) {
    if (exchange.query.get("transport") != "websocket") {
        return [](WsTransport&) {};
    }
    if (!exchange.sid.empty()) {
        return [this, sid = exchange.sid, seat = exchange.seat,
                request = exchange.request](WsTransport& transport) {
            auto& session = make_session(sid, seat, request, request.query());
            transport.bind(session);
            open(session, transport);
        };
    }
    return [this, sid = std::string(exchange.query.get("sid"))](WsTransport& transport) {
        auto* const session = find(sid);
        if (session && session->attach_probe(transport)) {
            transport.bind(*session);
        }
    };
}

}  // namespace engineio
