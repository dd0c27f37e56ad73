#include "apps/common/peer.hpp"

#include "apps/common/clipped.hpp"
#include "apps/common/endpoint_shard.hpp"
#include "engineio/limits.hpp"
#include "engineio/net/result.hpp"

#include <utility>

namespace apps::common {

using engineio::net::Message;
using engineio::net::MessageKind;
namespace limits = engineio::limits;

namespace {

constexpr std::size_t max_reason_bytes = limits::max_control_payload_bytes - 2;  // the code
constexpr std::uint16_t too_slow = 1013;  // "try again later"

}  // namespace

Peer::Peer(JsonEndpoint& endpoint, engineio::net::Shard& shard, std::uint64_t id)
    : endpoint_(endpoint), shard_(shard), id_(id) {}

void Peer::on_open(engineio::net::WsConnection& connection) {
    connection_ = &connection;
    endpoint_.entered(*this);
}

void Peer::on_text(std::string_view text) {
    endpoint_.received(*this, text, false);
}

void Peer::on_binary(std::string_view bytes) {
    endpoint_.received(*this, bytes, true);
}

void Peer::on_close(std::uint16_t code, std::string_view) {
    connection_ = nullptr;
    waiting_.reset();
    endpoint_.left(*this, code);
}

void Peer::close(std::uint16_t code, std::string_view reason) {
    if (auto* const connection = std::exchange(connection_, nullptr)) {
        waiting_.reset();
        connection->close(code, clipped(reason, max_reason_bytes));
    }
}

void Peer::close_after_output(std::uint16_t code, std::string_view reason) {
    while (open() && waiting_ && !waiting_->empty()) {
        connection_->send(waiting_->pop());
    }
    close(code, reason);
}

// --- rooms -------------------------------------------------------------------------------------

void Peer::join(std::string_view room) {
    SIO_ASSERT(engineio::net::Shard::current() == &shard_);
    if (open()) {
        endpoint_.local(shard_).rooms.join(*this, room);
    }
}

void Peer::leave(std::string_view room) {
    endpoint_.local(shard_).rooms.leave(*this, room);
}

void Peer::leave_all() {
    endpoint_.local(shard_).rooms.leave_all(*this);
}

bool Peer::in_room(std::string_view room) const {
    return endpoint_.local(shard_).rooms.contains(*this, room);
}

std::vector<std::string> Peer::rooms() const {
    return endpoint_.local(shard_).rooms.rooms_of(*this);
}

// --- output ------------------------------------------------------------------------------------

bool Peer::writable() const {
    return open() && !waiting_ && connection_->buffered_bytes() < limits::priority_window_bytes;
}

std::size_t Peer::buffered_bytes() const {
    return open() ? connection_->buffered_bytes() + (waiting_ ? waiting_->bytes() : 0) : 0;
}

void Peer::send_encoded(std::string_view text, SendOptions const& options) {
    if (options.ordered) {
        endpoint_.deliver(endpoint_.peer(id_), text, options);
        return;
    }
    SIO_ASSERT(engineio::net::Shard::current() == &shard_);
    push(Message::make(MessageKind::text, text), endpoint_.level_of(options), options.droppable);
}

// Output goes straight to the connection up to a window; beyond it the reader is behind, and what
// is urgent may overtake.
void Peer::push(Message message, int level, bool droppable) {
    if (!open()) {
        return;
    }
    auto const buffered = buffered_bytes();
    if (droppable && buffered > limits::high_water_bytes) {
        ++shard_.metrics().volatile_dropped;
        return;
    }
    if (!waiting_ && buffered < limits::priority_window_bytes) {
        connection_->send(std::move(message));
        return;
    }
    auto const most = endpoint_.options_.limits.max_buffered_bytes;
    if (buffered > most || (waiting_ && waiting_->size() == limits::max_queued_messages(most))) {
        ++shard_.metrics().slow_readers_closed;
        close(too_slow, "Reading too slowly");
        return;
    }
    if (!waiting_) {
        waiting_ = std::make_unique<SendQueue>();
        held_ = true;
    }
    waiting_->push(std::move(message), level);
}

void Peer::on_drain() {
    if (waiting_) {
        pump();
    } else if (std::exchange(held_, false)) {
        endpoint_.drained(*this);
    }
}

void Peer::pump() {
    while (!waiting_->empty() && connection_->buffered_bytes() < limits::priority_window_bytes) {
        connection_->send(waiting_->pop());
    }
    if (waiting_->empty()) {
        waiting_.reset();
    }
}

}  // namespace apps::common
