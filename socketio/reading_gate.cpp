#include "socketio/reading_gate.hpp"

#include "socketio/client.hpp"
#include "socketio/handler.hpp"

namespace socketio {

void ReadingGate::began() {
    ++unfinished_;
    if (client_ &&
        unfinished_ >= client_->core().options().limits.max_unfinished_handlers_closing) {
        return client_->close_overloaded();
    }
    decide();
}

void ReadingGate::ended() {
    --unfinished_;
    decide();
}

void ReadingGate::expect_acks(std::size_t pending) {
    pending_acks_ = pending;
    decide();
}

void ReadingGate::decide() {
    if (!client_) {
        return;
    }
    // Two thresholds, so that a client at the limit does not cost two system calls per event.
    auto const most = client_->core().options().limits.max_unfinished_handlers;
    bool const pause = unfinished_ > (paused_ ? most / 2 : most) && pending_acks_ == 0;
    if (pause == paused_) {
        return;
    }
    paused_ = pause;
    auto& session = client_->session();
    if (pause) {
        session.shard().limit_hit("max_unfinished_handlers", client_->public_name());
    }
    session.pause_reading(pause);
}

// --- Client's part ----------------------------------------------------------------------------

std::shared_ptr<ReadingGate> const& Client::gate() {
    if (!gate_) {
        gate_ = std::make_shared<ReadingGate>(*this);
        gate_->expect_acks(pending_acks_);
    }
    return gate_;
}

void Client::count_acks(std::ptrdiff_t change) {
    pending_acks_ += static_cast<std::size_t>(change);
    session_.shard().metrics().pending_acks += static_cast<std::size_t>(change);
    if (gate_) {
        gate_->expect_acks(pending_acks_);
    }
}

bool Client::may_await_ack() {
    if (pending_acks_ < core_.options().limits.max_pending_acks) {
        return true;
    }
    session_.shard().limit_hit("max_pending_acks", public_name());
    return false;
}

void Client::close_overloaded() {
    if (!closing_) {
        closing_ = true;
        ++session_.shard().metrics().protocol_errors;
        session_.shard().limit_hit("max_unfinished_handlers_closing", public_name());
        session_.close(true);
    }
}

namespace detail {

Unfinished::Unfinished(Socket& socket) : gate_(socket.reading_gate()) {
    if (gate_) {
        gate_->began();
    }
}

Unfinished::~Unfinished() {
    if (gate_) {
        gate_->ended();
    }
}

}  // namespace detail

}  // namespace socketio
