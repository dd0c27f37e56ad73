// The move of a session from polling to a WebSocket (reference-behaviour 3.1): probe, noops to the
// parked polls, switch.
#include "engineio/limits.hpp"
#include "engineio/session.hpp"

#include <utility>

namespace engineio {

Session::Probe::Probe(Session& session, Transport& transport)
    : metrics(session.shard_.metrics()), transport(transport),
      timeout(&Session::probe_timed_out, &session), noop(&Session::noop_due, &session) {
    ++metrics.unfinished_upgrades;
}

Session::Probe::~Probe() {
    --metrics.unfinished_upgrades;
}

bool Session::attach_probe(Transport& probe) {
    if (state_ == State::closed || upgraded_ || probe_ || !transport_) {
        return false;
    }
    probe_ = std::make_unique<Probe>(*this, probe);
    shard_.timers().arm_after(probe_->timeout, options_.upgrade_timeout);
    return true;
}

void Session::on_probe_packet(Packet const& packet) {
    if (packet.type == PacketType::ping && packet.data == "probe") {
        Outgoing const answer{make_packet(PacketType::pong, "probe"), true};
        if (probe_->transport.accepts()) {
            probe_->transport.send({&answer, 1});
        }
        shard_.timers().arm_after(probe_->noop, limits::noop_interval);
    } else if (packet.type == PacketType::upgrade) {
        complete_upgrade();
    } else {
        drop_probe(true);
    }
}

void Session::complete_upgrade() {
    Transport* const old = std::exchange(transport_, &probe_->transport);
    probe_.reset();
    transport_name_ = transport_->name();
    upgraded_ = true;
    if (old) {
        old->close(true);
    }
    if (owned_) {
        // Its functions may be on the stack of a request of the same turn.
        shard_.defer([gone = std::move(owned_)] {});
    }
    if (awaiting_pong_) {
        // The reference forgets this timer and would never ping again.
        arm_heartbeat(options_.ping_timeout);
    }
    transport_closing_ = false;
    if (reading_paused_) {
        transport_->pause_reading(true);
    }
    if (drain_observed_) {
        transport_->tell_drained(true);
    }
    if (state_ == State::open) {
        handler_->on_upgrade();
    }
    flush();
    if (state_ == State::closing && queue_.empty()) {
        close_transport(false);
    }
}

void Session::drop_probe(bool close_transport) {
    if (probe_) {
        auto const gone = std::move(probe_);
        if (close_transport) {
            gone->transport.close(true);
        }
    }
}

void Session::probe_timed_out(void* self) {
    static_cast<Session*>(self)->drop_probe(true);
}

void Session::noop_due(void* self) {
    auto& session = *static_cast<Session*>(self);
    session.shard_.timers().arm_after(session.probe_->noop, limits::noop_interval);
    // Every GET is released, so that the client can pause polling whenever it gets to it.
    if (session.transport_name_ == TransportName::polling && session.transport_ &&
        session.transport_->accepts()) {
        Outgoing const noop{make_packet(PacketType::noop), true};
        session.transport_->send({&noop, 1});
    }
}

}  // namespace engineio
