// Pings, pongs and the patience with a client that says nothing (reference-behaviour 2).

#include "engineio/limits.hpp"
#include "engineio/session.hpp"

namespace engineio {

void Session::arm_heartbeat(std::chrono::milliseconds delay, std::chrono::milliseconds more) {
    shard_.timers().arm_after(heartbeat_, net::sum(net::clocked(delay), net::clocked(more)));
}

void Session::on_heartbeat(Packet const& packet) {
    bool const from_pinging_side =
        packet.type == (protocol_ == 3 ? PacketType::ping : PacketType::pong);
    if (!from_pinging_side) {
        ++shard_.metrics().protocol_errors;
        finish(CloseReason::transport_error, "invalid heartbeat direction");
        return;
    }
    if (packet.type == PacketType::ping) {
        arm_heartbeat(options_.ping_interval, options_.ping_timeout);
        send_packet(PacketType::pong);  // never echoes the ping's data
        return;
    }
    // Also an unsolicited pong postpones the next ping.
    awaiting_pong_ = false;
    forgiven_ = 0;
    arm_heartbeat(options_.ping_interval);
}

// What we do not read is no silence of the client. It wants to hear pings meanwhile, and somebody
// who has left would not be noticed, so this is good for a few times only.
bool Session::forgives_silence() {
    bool const unread = transport_ && transport_->reading_paused();
    if (!unread || state_ != State::open || forgiven_ == limits::max_forgiven_heartbeats) {
        return false;
    }
    ++forgiven_;
    if (protocol_ == 3) {
        arm_heartbeat(options_.ping_interval, options_.ping_timeout);
    } else {
        arm_heartbeat(options_.ping_interval);
        send_packet(PacketType::ping);
    }
    return true;
}

void Session::heartbeat_due(void* self) {
    auto& session = *static_cast<Session*>(self);
    bool const overdue = session.protocol_ == 3 || session.awaiting_pong_;
    if (overdue && session.forgives_silence()) {
        return;
    }
    if (overdue) {
        session.finish(CloseReason::ping_timeout, "");
        return;
    }
    session.awaiting_pong_ = true;
    session.pong_extended_ = false;
    session.arm_heartbeat(session.options_.ping_timeout);
    session.send_packet(PacketType::ping);
}

}  // namespace engineio
