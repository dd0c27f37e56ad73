#include "engineio/session.hpp"

#include "engineio/limits.hpp"
#include "engineio/payload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace engineio {

namespace {

// The queue's bytes are in the shard's gauge, too.
void recount(net::Shard& shard, std::size_t& queued, std::size_t bytes) {
    shard.metrics().buffered_bytes += bytes - queued;
    queued = bytes;
}

}  // namespace

Session::Session(net::Shard& shard, Options const& options, Opening opening)
    : shard_(shard), options_(options), sid_(std::move(opening.sid)),
      request_(std::make_shared<net::StoredRequest const>(opening.request)),
      seat_(std::move(opening.seat)), protocol_(opening.protocol),
      heartbeat_(&Session::heartbeat_due, this) {
    ++shard_.metrics().sessions;
}

Session::~Session() {
    // Only a server that is torn down destroys a session that is not closed; its transports may
    // live longer and must forget it.
    drop_probe(true);
    if (transport_) {
        transport_->close(true);
    }
    recount(shard_, queued_bytes_, 0);
    --shard_.metrics().sessions;
}

// --- the user's side --------------------------------------------------------------------------

TransportName Session::transport() const {
    return transport_name_;
}

bool Session::upgraded() const {
    return upgraded_;
}

bool Session::is_open() const {
    return state_ == State::opening || state_ == State::open;
}

bool Session::idle() const {
    return state_ == State::open && transport_ && transport_->writable();
}

bool Session::writable() const {
    auto const high_water = options_.limits.high_water_bytes;
    bool const has_room = high_water != 0 && buffered_bytes() <= high_water;
    return idle() || (has_room && state_ == State::open);
}

std::size_t Session::buffered_bytes() const {
    return queued_bytes_ + (transport_ ? transport_->buffered_bytes() : 0);
}

void Session::send(std::span<net::Message const> packets, bool compress) {
    if (is_open() && !packets.empty()) {
        enqueue(packets, compress);
    }
}

void Session::close(bool discard) {
    if (state_ == State::closed || (state_ == State::closing && !discard)) {
        return;
    }
    bool const opening = state_ == State::opening;
    state_ = State::closing;
    if (discard) {
        queue_.clear();
        recount(shard_, queued_bytes_, 0);
    }
    // Otherwise flush() or open() closes once the queue is out.
    if (queue_.empty() && !opening) {
        close_transport(discard);
    }
}

void Session::observe_drain() {
    drain_observed_ = true;
    if (transport_) {
        transport_->tell_drained(true);
    }
}

void Session::pause_reading(bool pause) {
    if (reading_paused_ == pause || !is_open()) {
        return;
    }
    reading_paused_ = pause;
    forgiven_ = 0;
    if (transport_) {
        transport_->pause_reading(pause);
    }
    // The pong may be among what was not read.
    if (!pause && protocol_ == 3) {
        arm_heartbeat(options_.ping_interval, options_.ping_timeout);
    } else if (!pause && awaiting_pong_) {
        arm_heartbeat(options_.ping_timeout);
    }
}

// --- opening ----------------------------------------------------------------------------------

void Session::open(std::unique_ptr<SessionHandler> handler, Transport& first,
                   std::function<void(Session&)> on_ended) {
    handler_ = std::move(handler);
    on_ended_ = std::move(on_ended);
    transport_ = &first;
    transport_name_ = first.name();
    if (drain_observed_) {
        first.tell_drained(true);
    }
    if (state_ == State::opening) {
        state_ = State::open;
    }
    send_open_packet();
    // Revision 3: one timer of both times, which only the client's pings restart.
    arm_heartbeat(options_.ping_interval,
                  protocol_ == 3 ? options_.ping_timeout : std::chrono::milliseconds(0));
    flush();
    if (state_ == State::closing && queue_.empty()) {
        close_transport(false);
    }
}

bool Session::upgrade_offered() const {
    auto const& allowed = options_.transports;
    return options_.allow_upgrades && transport_name_ == TransportName::polling &&
           std::find(allowed.begin(), allowed.end(), "websocket") != allowed.end();
}

void Session::send_open_packet() {
    auto const data = fmt::format(
        R"({{"sid":"{}","upgrades":[{}],"pingInterval":{},"pingTimeout":{},"maxPayload":{}}})",
        escape_json(sid()), upgrade_offered() ? R"("websocket")" : "",
        options_.ping_interval.count(), options_.ping_timeout.count(),
        options_.max_http_buffer_size);
    // Ahead of what the handler queued while it was made, and in one payload with the initial
    // packet (reference-behaviour 1.5).
    std::vector<Outgoing> first = {{make_packet(PacketType::open, data), true}};
    if (options_.initial_packet) {
        first.push_back({make_packet(PacketType::message, *options_.initial_packet), true});
    }
    if (transport_->accepts()) {
        transport_->send(first);
        return;
    }
    queue_.insert(queue_.begin(), first.begin(), first.end());
    for (auto const& packet : first) {
        recount(shard_, queued_bytes_, queued_bytes_ + packet.message.size());
    }
}

void Session::own(std::unique_ptr<Transport> transport) {
    owned_ = std::move(transport);
}

// --- sending ----------------------------------------------------------------------------------

void Session::send_packet(PacketType type, std::string_view data) {
    if (state_ == State::open) {
        auto const packet = make_packet(type, data);
        enqueue({&packet, 1}, true);
    }
}

void Session::tell_created(std::span<net::Message const> packets) {
    for (auto const& packet : packets) {
        auto const payload = packet.payload();
        if (packet.kind() == net::MessageKind::binary) {
            observer_->on_packet_seen(PacketType::message, payload, false);
        } else {
            observer_->on_packet_seen(static_cast<PacketType>(payload.front() - '0'),
                                      payload.substr(1), false);
        }
    }
}

void Session::enqueue(std::span<net::Message const> packets, bool compress) {
    if (observer_) {
        tell_created(packets);
    }
    bool const direct =
        state_ == State::open && queue_.empty() && transport_ && transport_->accepts();
    // The common case of a fan-out: no queue, no allocation.
    if (direct && packets.size() == 1) {
        Outgoing const one{packets.front(), compress};
        transport_->send({&one, 1});
        return;
    }
    for (auto const& packet : packets) {
        queue_.push_back({packet, compress});
        recount(shard_, queued_bytes_, queued_bytes_ + packet.size());
    }
    if (state_ == State::open) {
        flush();
    }
    if (!queue_.empty() && state_ == State::open) {
        check_overflow();
    }
}

// A client that does not poll, or polls without reading, may make us hold only so much until its
// heartbeat times out. A WebSocket has no queue here, and its connection the same limit.
void Session::check_overflow() {
    auto const most = options_.limits.max_buffered_bytes;
    if (queue_.size() > limits::max_queued_messages(most) || queued_bytes_ > most) {
        state_ = State::closing;
        shard_.defer([this] { end_slow_reader(); });
    } else if (buffered_bytes() > most && !overflown_) {
        shard_.defer([this] {
            overflown_ = false;
            if (transport_) {
                transport_->flush();  // a burst of one turn is not yet a slow reader
            }
            if (state_ == State::open && buffered_bytes() > options_.limits.max_buffered_bytes) {
                end_slow_reader();
            }
        });
        overflown_ = true;
    }
}

void Session::end_slow_reader() {
    if (state_ == State::closed) {
        return;
    }
    ++shard_.metrics().slow_readers_closed;
    shard_.limit_hit("max_buffered_bytes", request_->remote_address());
    if (auto* const transport = std::exchange(transport_, nullptr)) {
        transport->drop_output();
        transport->close(true);
    }
    finish(CloseReason::transport_error, "too many packets queued");
}

void Session::flush() {
    if (queue_.empty() || !transport_ || !transport_->accepts()) {
        return;
    }
    auto const batch = std::exchange(queue_, {});
    recount(shard_, queued_bytes_, 0);
    transport_->send(batch);
    if (state_ == State::closing && !transport_closing_) {
        close_transport(false);  // the close() that waited for these packets
    }
}

// --- receiving --------------------------------------------------------------------------------

void Session::on_packet(Transport& from, Packet const& packet) {
    if (probe_ && &from == &probe_->transport) {
        on_probe_packet(packet);
        return;
    }
    if (&from != transport_ || state_ != State::open) {
        return;
    }
    // The client lives although its pong is stuck behind data: one more timeout (6.6.11).
    if (awaiting_pong_ && !pong_extended_ && packet.type != PacketType::pong) {
        pong_extended_ = true;
        arm_heartbeat(options_.ping_timeout);
    }
    if (observer_) {
        observer_->on_packet_seen(packet.type, packet.data, true);
    }
    if (packet.type == PacketType::ping || packet.type == PacketType::pong) {
        on_heartbeat(packet);
    } else if (packet.type == PacketType::message) {
        if (packet.binary) {
            handler_->on_binary(packet.data);
        } else {
            handler_->on_message(packet.data);
        }
    }
}

void Session::on_parse_error(Transport& from) {
    if (probe_ && &from == &probe_->transport) {
        drop_probe(true);
    } else if (&from == transport_ && state_ == State::open) {
        ++shard_.metrics().protocol_errors;
        finish(CloseReason::parse_error, "");
    }
}

void Session::on_transport_ready(Transport& from) {
    if (&from != transport_) {
        return;
    }
    flush();
    if (state_ == State::open && queue_.empty()) {
        handler_->on_drain();
    }
}

void Session::on_transport_closed(Transport& from) {
    if (probe_ && &from == &probe_->transport) {
        drop_probe(false);
    } else if (&from == transport_) {
        lose_transport(CloseReason::transport_close, "");
    }
}

void Session::on_transport_error(Transport& from, std::string_view description) {
    if (probe_ && &from == &probe_->transport) {
        drop_probe(false);
    } else if (&from == transport_) {
        ++shard_.metrics().protocol_errors;
        lose_transport(CloseReason::transport_error, description);
    }
}

void Session::lose_transport(CloseReason reason, std::string_view description) {
    if (transport_name_ == TransportName::polling) {
        finish(reason, description);
        return;
    }
    // The end of a WebSocket is an event of its own: packets that came in the same bytes wait in
    // the handler's deferred tasks and go first.
    transport_ = nullptr;
    finish_later(reason, std::string(description));
}

void Session::on_close_delivered(Transport& from) {
    if (&from == transport_) {
        finish(CloseReason::forced_close, "");
    }
}

void Session::forget(Transport& from) {
    if (probe_ && &from == &probe_->transport) {
        drop_probe(false);
    } else if (&from == transport_) {
        transport_ = nullptr;
    }
}

// --- the end ----------------------------------------------------------------------------------

void Session::close_transport(bool discard) {
    if (!transport_ || (transport_closing_ && !discard)) {
        return;
    }
    transport_closing_ = true;
    if (transport_->close(discard)) {
        transport_ = nullptr;
        finish_later(CloseReason::forced_close, "");
    }
}

void Session::finish_later(CloseReason reason, std::string description) {
    // Deferred tasks run in order and the owner destroys the session by one, so `this` is valid.
    shard_.defer([this, reason, text = std::move(description)] { finish(reason, text); });
}

void Session::finish(CloseReason reason, std::string_view description) {
    if (state_ == State::closed) {
        return;
    }
    state_ = State::closed;
    heartbeat_.cancel();
    queue_.clear();
    recount(shard_, queued_bytes_, 0);
    drop_probe(true);
    if (transport_) {
        std::exchange(transport_, nullptr)->close(true);
    }
    shard_.metrics().count_close(to_string(reason));
    if (handler_) {
        handler_->on_close(reason, description);
    }
    if (on_ended_) {
        on_ended_(*this);
    }
}

}  // namespace engineio
