#include "socketio/reading_gate.hpp"

#include "engineio/net/sizes.hpp"
#include "socketio/client.hpp"
#include "socketio/handler.hpp"

namespace socketio {

void ReadingGate::began(std::size_t bytes) {
    ++unfinished_;
    bytes_ += bytes;
    newest_ += bytes;
    if (!client_ || !is_overloaded()) {
        decide();
    }
}

void ReadingGate::ended(std::size_t bytes) {
    --unfinished_;
    bytes_ -= bytes;
    decide();
}

// Pausing did not help. The newest event is not to blame, however much more than its text it
// weighs and however many handlers keep it: that was legal, and it may be the only one of its kind.
bool ReadingGate::is_overloaded() {
    auto const& options = client_->core().options();
    if (unfinished_ >= options.limits.max_unfinished_handlers_closing) {
        client_->close_overloaded("max_unfinished_handlers_closing");
        return true;
    }
    if (bytes_ > engineio::net::saturated_sum(newest_, unfinished_bytes_closing(options))) {
        client_->close_overloaded("max_unfinished_bytes_closing");
        return true;
    }
    return false;
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
    auto const& options = client_->core().options();
    std::size_t const share = paused_ ? 2 : 1;
    bool const many = unfinished_ > options.limits.max_unfinished_handlers / share;
    bool const much = bytes_ > unfinished_bytes(options) / share;
    bool const pause = (many || much) && pending_acks_ == 0;
    if (pause == paused_) {
        return;
    }
    paused_ = pause;
    auto& session = client_->session();
    if (pause) {
        session.shard().limit_hit(many ? "max_unfinished_handlers" : "max_unfinished_bytes",
                                  client_->public_name());
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

void Client::close_overloaded(std::string_view limit) {
    if (!closing_) {
        closing_ = true;
        ++session_.shard().metrics().protocol_errors;
        session_.shard().limit_hit(limit, public_name());
        session_.close(true);
    }
}

std::size_t Invocation::memory() const {
    std::size_t bytes = 0;
    for (auto const& arg : args) {
        bytes += arg.memory();
    }
    for (auto const& text : raw_args) {
        bytes += sizeof(text) + text.size();
    }
    return bytes;
}

namespace detail {

Unfinished::Unfinished(Socket& socket, std::size_t bytes)
    : gate_(socket.reading_gate()), bytes_(bytes) {
    if (gate_) {
        gate_->began(bytes_);
    }
}

Unfinished::~Unfinished() {
    if (gate_) {
        gate_->ended(bytes_);
    }
}

}  // namespace detail

}  // namespace socketio
