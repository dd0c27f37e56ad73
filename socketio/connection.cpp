#include "socketio/connection.hpp"

#include "engineio/net/result.hpp"
#include "engineio/net/shard.hpp"
#include "engineio/session.hpp"
#include "socketio/client.hpp"
#include "socketio/guard.hpp"

#include <utility>

namespace socketio {

namespace {

template <class Hook, class... A>
void run_hooks(engineio::net::Shard& shard, std::string_view what, std::vector<Hook> const& hooks,
               A const&... args) {
    // By position: a hook may add others.
    for (std::size_t i = 0; i < hooks.size(); ++i) {
        auto const hook = hooks[i];
        guarded(shard, what, [&] { hook(args...); });
    }
}

}  // namespace

// --- what the application asks ----------------------------------------------------------------

std::string const& Connection::id() const {
    static std::string const none;
    return state_ ? state_->id : none;
}

Client* Connection::client() const {
    if (!state_ || !state_->client) {
        return nullptr;
    }
    SIO_ASSERT(state_->shard.is_current());
    return state_->client;
}

ReadyState Connection::ready_state() const {
    auto* const alive = client();
    return alive && alive->is_open() ? ReadyState::open : ReadyState::closed;
}

int Connection::protocol() const {
    auto* const alive = client();
    return alive ? alive->session().protocol() : 4;
}

engineio::TransportName Connection::transport() const {
    auto* const alive = client();
    return alive ? alive->session().transport() : engineio::TransportName::polling;
}

bool Connection::upgraded() const {
    auto* const alive = client();
    return alive && alive->session().upgraded();
}

bool Connection::upgrading() const {
    auto* const alive = client();
    return alive && alive->session().upgrading();
}

bool Connection::writable() const {
    auto* const alive = client();
    return alive && alive->session().writable();
}

std::size_t Connection::buffered_bytes() const {
    auto* const alive = client();
    return alive ? alive->session().buffered_bytes() : 0;
}

std::string Connection::remote_address() const {
    auto* const alive = client();
    return std::string(alive ? alive->session().request()->remote_address() : "");
}

std::optional<engineio::net::Request> Connection::request() const {
    auto* const alive = client();
    return alive ? std::optional(alive->session().request()->unpack()) : std::nullopt;
}

// --- waiting for a slow client ------------------------------------------------------------------

// A coroutine that waits; shared with the task that wakes it, which it may not live to see.
struct detail::DrainWait {
    std::coroutine_handle<> waiting;
};

Connection::Drained Connection::drained() const {
    return Drained(*this);
}

bool Connection::Drained::await_ready() const {
    return connection_.buffered_bytes() == 0;
}

void Connection::Drained::await_suspend(std::coroutine_handle<> waiting) {
    wait_ = std::make_shared<detail::DrainWait>(detail::DrainWait{waiting});
    connection_.state_->waits.push_back(wait_);
    connection_.client()->session().observe_drain();  // there is one: something waits in it
}

bool Connection::Drained::await_resume() const {
    return connection_.ready_state() == ReadyState::open;
}

Connection::Drained::~Drained() {
    if (wait_) {
        wait_->waiting = nullptr;
    }
}

// Posted: who sends as fast as the kernel takes it must not keep the others waiting.
void Connection::State::wake_waits() {
    for (auto& wait : std::exchange(waits, {})) {
        shard.post([wait = std::move(wait)] {
            if (auto const waiting = std::exchange(wait->waiting, nullptr)) {
                waiting.resume();
            }
        });
    }
}

void Connection::close(bool discard) {
    if (auto* const alive = client()) {
        alive->session().close(discard);
    }
}

void Connection::on_upgrade(UpgradeHook hook) {
    if (client()) {
        state_->hooks.upgrade.push_back(std::move(hook));
    }
}

void Connection::on_drain(DrainHook hook) {
    if (auto* const alive = client()) {
        state_->hooks.drain.push_back(std::move(hook));
        alive->session().observe_drain();
    }
}

void Connection::on_close(CloseHook hook) {
    if (client()) {
        state_->hooks.close.push_back(std::move(hook));
    }
}

void Connection::on_packet(PacketHook hook) {
    if (auto* const alive = client()) {
        state_->hooks.packet.push_back(std::move(hook));
        alive->session().observe_packets(*alive);
    }
}

void Connection::on_packet_create(PacketHook hook) {
    if (auto* const alive = client()) {
        state_->hooks.packet_create.push_back(std::move(hook));
        alive->session().observe_packets(*alive);
        alive->core().note_send_hooks();
    }
}

// --- what the connection tells ----------------------------------------------------------------

void Connection::State::end(engineio::CloseReason reason, std::string_view description) {
    client = nullptr;
    run_hooks(shard, "connection close", hooks.close, reason, description);
    wake_waits();
    tear_down();
}

// Hooks may hold this very connection; what they have captured may call it when it goes.
void Connection::State::tear_down() {
    client = nullptr;
    waits.clear();
    auto const gone = std::exchange(hooks, {});
}

Connection Client::connection() {
    if (!connection_) {
        connection_ = std::make_shared<Connection::State>(
            Connection::State{session_.shard(), this, session_.sid(), {}, {}});
    }
    return Connection(connection_);
}

void Client::on_drain() {
    if (connection_) {
        auto const keep = connection_;
        run_hooks(session_.shard(), "connection drain", keep->hooks.drain);
        keep->wake_waits();
    }
}

void Client::on_upgrade() {
    if (connection_) {
        auto const keep = connection_;
        run_hooks(session_.shard(), "connection upgrade", keep->hooks.upgrade,
                  session_.transport());
    }
}

void Client::on_packet_seen(engineio::PacketType type, std::string_view data, bool incoming) {
    if (connection_) {
        auto const keep = connection_;
        run_hooks(session_.shard(), "connection packet",
                  incoming ? keep->hooks.packet : keep->hooks.packet_create, type, data);
    }
}

}  // namespace socketio
