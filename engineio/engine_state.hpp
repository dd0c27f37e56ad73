#pragma once

#include "engineio/engine.hpp"
#include "engineio/exchange.hpp"
#include "engineio/guard.hpp"
#include "engineio/net/ws_handshake.hpp"
#include "engineio/sid.hpp"
#include "engineio/ws_transport.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace engineio {

// What an Engine is made of: the checks are in engine.cpp, the opening of sessions and WebSockets
// in engine_sessions.cpp. Shared only with answers of the application that are still to come.
struct Engine::State : std::enable_shared_from_this<State> {
    State(net::Shard& shard, unsigned shard_count, EngineGroup& group, Accept accept);

    std::optional<unsigned> home_of(std::string_view sid) const;
    void serve(Exchange exchange);
    void turn_away(Exchange exchange);
    bool answer_preflight(Exchange& exchange);
    void next_middleware(Exchange exchange, std::size_t index);
    void check(Exchange exchange);
    std::optional<std::string> foreign_origin(Exchange const& exchange, bool known);
    void serve_known(Exchange exchange, Session& session);
    template <class T>
    void ask(Question<T> const& question, Exchange exchange, T on_throw,
             void (State::*go)(Exchange, T));
    bool is_one_session_too_many(Exchange& exchange);
    void permitted(Exchange exchange, Verdict verdict);
    void handshake(Exchange exchange);
    void open_session(Exchange exchange);
    void identified(Exchange exchange, std::optional<std::string> sid);
    void open_polling(Exchange exchange);
    bool is_one_upgrade_too_many(Exchange& exchange);
    bool is_websocket(Exchange& exchange, net::UpgradeResult const& result);
    void upgrade(Exchange exchange);
    WsTransport::Start make_start(Exchange const& exchange);
    Session& make_session(std::string sid, std::shared_ptr<net::Admission::Seat> seat,
                          net::Request request, net::Query const& query);
    void open(Session& session, Transport& transport);
    void ended(Session& session) noexcept;
    void refuse(Exchange exchange, ConnectionError error, std::string_view message = {});
    void tell_refused(net::Request const& request, ConnectionError const& error);
    Session* find(std::string_view sid) const;

    net::Shard& shard;
    unsigned shard_count;
    EngineGroup& group;
    Options const& options;
    Accept accept;
    std::string path;
    SidGenerator sids;
    std::unordered_map<std::string_view, std::unique_ptr<Session>> sessions;  // keys live in them
    bool closed = false;
    bool leaving = false;  // no new sessions
};

// An exception counts as the answer `on_throw`.
template <class T>
void Engine::State::ask(Question<T> const& question, Exchange exchange, T on_throw,
                        void (State::*go)(Exchange, T)) {
    auto const suspended = Suspended::make(shard, weak_from_this(), std::move(exchange));
    auto answered = [weak = weak_from_this(), suspended, go](T answer) {
        suspended->resume([weak, go, answer = std::move(answer)](Exchange exchange) {
            if (auto const state = weak.lock()) {
                ((*state).*go)(std::move(exchange), answer);
            }
        });
    };
    bool const asked = guarded(shard, "a question about a request",
                               [&] { question(suspended->exchange().request, answered); });
    if (!asked) {
        answered(std::move(on_throw));
    }
}

}  // namespace engineio
