#include "engineio/cors.hpp"
#include "engineio/engine_state.hpp"
#include "engineio/handshake_check.hpp"
#include "engineio/polling_transport.hpp"

#include <atomic>
#include <string>
#include <thread>

namespace engineio {

namespace {

std::string engine_path(Options const& options) {
    auto path = options.path;
    if (path.ends_with('/')) {
        path.pop_back();
    }
    return options.add_trailing_slash ? path + "/" : path;
}

void add_headers(net::Response& response, net::Headers const& headers) {
    response.headers.insert(response.headers.end(), headers.begin(), headers.end());
}

}  // namespace

Engine::State::State(net::Shard& shard, unsigned shard_count, EngineGroup& group, Accept accept)
    : shard(shard), shard_count(shard_count), group(group), options(group.options()),
      accept(std::move(accept)), path(engine_path(options)), sids(shard.index(), shard_count) {}

Engine::Engine(net::Shard& shard, unsigned shard_count, EngineGroup& group, Accept accept)
    : state_(std::make_shared<State>(shard, shard_count, group, std::move(accept))) {
    group.add(*this, [this, &shard] {
        shard.post([this, weak = std::weak_ptr(state_)] {
            if (weak.lock()) {
                close();
            }
        });
    });
}

Engine::~Engine() {
    state_->closed = true;
    state_->sessions.clear();
    state_->group.remove(*this);
    // Answers of the application may come later still. Those that are being posted at this moment
    // hold the state, and with it the shard.
    while (state_.use_count() > 1) {
        std::this_thread::yield();
    }
    std::atomic_thread_fence(std::memory_order_acquire);
}

bool Engine::owns(net::Request const& request) const {
    return request.target.starts_with(state_->path);
}

std::size_t Engine::clients_count() const {
    return state_->sessions.size();
}

void Engine::refuse_new() {
    state_->leaving = true;
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
    if (auto const home = state_->home_of(query.get("sid"));
        home && *home != state_->shard.index()) {
        responder.hand_over(*home);
        return;
    }
    // Without WebSocket an upgrade request is a plain one (reference-behaviour 1.1).
    bool const upgrade = request.upgrade && allows_transport(state_->options, "websocket");
    Exchange exchange{
        std::move(request), std::move(query), std::move(responder), {}, upgrade, {}, nullptr};
    guarded(state_->shard, "the handling of a request",
            [&] { state_->serve(std::move(exchange)); });
}

// --- checks -----------------------------------------------------------------------------------

Session* Engine::State::find(std::string_view sid) const {
    auto const found = sessions.find(sid);
    return found == sessions.end() ? nullptr : found->second.get();
}

std::optional<unsigned> Engine::State::home_of(std::string_view sid) const {
    if (!options.generate_id) {
        return shard_of(sid, shard_count);
    }
    // The list is locked: not for the sessions that live here.
    return sid.empty() || find(sid) ? std::nullopt : group.shard_of(sid);
}

void Engine::State::serve(Exchange exchange) {
    if (closed) {
        turn_away(std::move(exchange));
    } else if (!answer_preflight(exchange)) {
        next_middleware(std::move(exchange), 0);
    }
}

void Engine::State::turn_away(Exchange exchange) {
    net::Response response;
    response.status = 503;
    response.headers = std::move(exchange.headers);  // a page may read why
    response.close = true;
    exchange.responder.respond(std::move(response));
}

bool Engine::State::answer_preflight(Exchange& exchange) {
    if (!options.cors) {
        return false;
    }
    std::optional<net::Response> preflight;
    bool const decided = guarded(shard, "the cors option", [&] {
        preflight = apply_cors(options.cors, exchange.request, exchange.headers);
    });
    if (preflight) {
        exchange.responder.respond(std::move(*preflight));
    } else if (!decided) {
        refuse(std::move(exchange),
               make_error(error_code::bad_request, {{"name", "MIDDLEWARE_FAILURE"}}));
    }
    return preflight || !decided;
}

void Engine::State::next_middleware(Exchange exchange, std::size_t index) {
    if (index == group.middlewares().size()) {
        check(std::move(exchange));
        return;
    }
    auto const suspended = Suspended::make(shard, weak_from_this(), std::move(exchange));
    auto decide = [weak = weak_from_this(), suspended, index](MiddlewareResult result) {
        suspended->resume([weak, index, result = std::move(result)](Exchange exchange) {
            auto const state = weak.lock();
            if (!state) {
                return;
            }
            if (std::holds_alternative<PassOn>(result)) {
                state->next_middleware(std::move(exchange), index + 1);
            } else if (auto const* refusal = std::get_if<Refusal>(&result)) {
                state->refuse(std::move(exchange),
                              make_error(error_code::bad_request, {{"name", "MIDDLEWARE_FAILURE"},
                                                                   {"error", refusal->reason}}));
            } else {
                auto response = std::get<net::Response>(result);
                add_headers(response, exchange.headers);
                response.close = response.close || exchange.upgrade;
                exchange.responder.respond(std::move(response));
            }
        });
    };
    auto& held = suspended->exchange();
    bool const called = guarded(shard, "a middleware", [&] {
        group.middlewares()[index](held.request, held.headers, Next(decide));
    });
    if (!called) {
        decide(Refusal{"it threw"});
    }
}

void Engine::State::check(Exchange exchange) {
    auto const sid = exchange.query.get("sid");
    Session* const session = sid.empty() ? nullptr : find(sid);
    KnownSession known{};
    if (session) {
        known = {session->transport(), session->protocol()};
    }
    if (auto error = check_request(options, exchange.request, exchange.query, exchange.upgrade,
                                   session ? &known : nullptr)) {
        refuse(std::move(exchange), std::move(*error));
    } else if (auto foreign = foreign_origin(exchange, session != nullptr)) {
        refuse(std::move(exchange),
               make_error(error_code::forbidden,
                          {{"name", "ORIGIN_NOT_ALLOWED"}, {"origin", std::move(*foreign)}}));
    } else if (session) {
        serve_known(std::move(exchange), *session);
    } else if (is_one_session_too_many(exchange)) {
        return;
    } else if (options.allow_request) {
        ask(options.allow_request, std::move(exchange), Verdict(""), &State::permitted);
    } else {
        handshake(std::move(exchange));
    }
}

// Of a page that is not admitted. JSONP is looked at when it opens a session: nobody can read what
// a session answers that was opened without it.
std::optional<std::string> Engine::State::foreign_origin(Exchange const& exchange, bool known) {
    if (!options.allowed_origins && !options.cors) {
        return std::nullopt;
    }
    bool const jsonp = !known && !exchange.upgrade && exchange.query.has("j");
    auto origin = page_origin(exchange.request, jsonp);
    bool admitted = false;
    guarded(shard, "the allowed_origins option",
            [&] { admitted = admits_origin(options, exchange.request, origin); });
    return admitted ? std::nullopt : std::optional(std::move(origin));
}

// True, and answered: before the application is asked, whose answer may cost a database. Else it
// has a seat, which goes back with whatever becomes of it.
bool Engine::State::is_one_session_too_many(Exchange& exchange) {
    auto const& address = exchange.request.remote_address;
    std::optional<HandshakeRates::Refusal> refusal;
    if (auto* const seats = group.seats()) {
        if (auto seat = seats->enter(address)) {
            exchange.seat = std::move(*seat);
        } else {
            refusal = {seat.error(), limits::max_sessions_retry};
        }
    }
    // Only after that, for who finds no seat has used up nothing.
    if (auto* const rates = group.handshake_rates(); rates && !refusal) {
        refusal = rates->refuses(address, shard.now());
    }
    if (!refusal) {
        return false;
    }
    shard.limit_hit(refusal->limit, address);
    bool const full = refusal->limit.starts_with("max_sessions");
    tell_refused(exchange.request,
                 make_error(error_code::forbidden, {{"name", std::string(refusal->limit)}}));
    auto response =
        error_response(error_code::forbidden, full ? "Too many sessions" : "Too many new sessions",
                       exchange.upgrade);
    response.status = refusal->limit.ends_with("_per_address") ? 429 : 503;
    response.headers.push_back({"Retry-After", std::to_string(refusal->retry_after.count())});
    if (!exchange.upgrade) {
        add_headers(response, exchange.headers);
    }
    exchange.responder.respond(std::move(response));
    return true;
}

void Engine::State::tell_refused(net::Request const& request, ConnectionError const& error) {
    ++shard.metrics().protocol_errors;
    if (options.connection_error) {
        guarded(shard, "connection_error", [&] { options.connection_error(request, error); });
    }
}

void Engine::State::refuse(Exchange exchange, ConnectionError error, std::string_view message) {
    tell_refused(exchange.request, error);
    auto response = error_response(error.code, message, exchange.upgrade);
    if (!exchange.upgrade) {
        add_headers(response, exchange.headers);
    }
    exchange.responder.respond(std::move(response));
}

void Engine::State::permitted(Exchange exchange, Verdict verdict) {
    if (verdict) {
        refuse(std::move(exchange), make_error(error_code::forbidden, {{"message", *verdict}}),
               *verdict);
    } else {
        handshake(std::move(exchange));
    }
}

}  // namespace engineio
