#include "socketio/reading_gate.hpp"

#include "engineio/limits.hpp"
#include "engineio/net/log.hpp"
#include "socketio/client.hpp"
#include "socketio/handler.hpp"

namespace socketio {

namespace limits = engineio::limits;

void ReadingGate::began() {
    ++unfinished_;
    if (client_ && unfinished_ >= limits::max_unfinished_handlers_closing) {
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
    // Two thresholds, so that a client at the limit does not cost two system calls per event.
    auto const limit =
        paused_ ? limits::max_unfinished_handlers / 2 : limits::max_unfinished_handlers;
    bool const pause = unfinished_ > limit && pending_acks_ == 0;
    if (pause != paused_ && client_) {
        paused_ = pause;
        client_->session().pause_reading(pause);
    }
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

void Client::close_overloaded() {
    if (!closing_) {
        closing_ = true;
        ++session_.shard().metrics().protocol_errors;
        engineio::net::log_warn("socketio", "closing {}: {} unfinished handlers", session_.sid(),
                                gate_->unfinished());
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
