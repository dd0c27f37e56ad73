#include "socketio/socket.hpp"

#include "engineio/net/log.hpp"
#include "engineio/net/result.hpp"
#include "engineio/net/shard.hpp"
#include "socketio/client.hpp"
#include "socketio/core.hpp"
#include "socketio/limits.hpp"
#include "socketio/namespace.hpp"
#include "socketio/namespace_shard.hpp"
#include "socketio/recovery.hpp"

#include <algorithm>
#include <utility>

namespace socketio {

using engineio::net::OneShot;

struct Socket::PendingAck {
    detail::AckCallback callback;
    OneShot timer;
};

Socket::Socket(Client& client, Namespace& nsp, std::string id, Handshake handshake)
    : client_(&client), nsp_(&nsp), shard_(client.session().shard()), id_(std::move(id)),
      handshake_(std::make_shared<Handshake const>(std::move(handshake))) {}

Socket::~Socket() {
    abandon();
}

// Ends a socket that was refused, or whose client left before it was connected.
void Socket::dismiss() {
    fail_acks();
    abandon();
}

// The same where no handler runs any more: its middlewares may have let it join rooms.
void Socket::abandon() {
    if (connected_ || ended_) {
        return;
    }
    ended_ = true;
    client_ = nullptr;
    nsp_->leave_all_rooms(*this);
    drop_listeners();
    vacate();
}

// The server goes without its threads: no handler runs any more, and who still holds this socket
// finds nothing in it that leads to the server.
void Socket::tear_down() {
    auto& part = nsp_->shard(shard_.index());
    part.rooms.leave_all(*this);
    part.remove(*this);
    --shard_.metrics().sockets;
    connected_ = false;
    ended_ = true;
    client_ = nullptr;
    acks_.reset();
    drop_listeners();
    vacate();
}

void Socket::vacate() {
    if (std::exchange(occupies_, false)) {
        nsp_->core_.vacate(*nsp_);
    }
}

void Socket::assert_shard() const {
    SIO_ASSERT(shard_.is_current());
}

std::shared_ptr<ReadingGate> Socket::reading_gate() const {
    return client_ ? client_->gate() : nullptr;
}

Server& Socket::server() const {
    return nsp_->server();
}

Connection Socket::conn() const {
    assert_shard();
    return client_ ? client_->connection() : Connection();
}

engineio::TransportName Socket::transport() const {
    assert_shard();
    return client_ ? client_->session().transport() : engineio::TransportName::polling;
}

int Socket::protocol() const {
    assert_shard();
    return client_ ? client_->session().protocol() : 4;
}

bool Socket::writable() const {
    assert_shard();
    return client_ && client_->session().writable();
}

Json& Socket::data() {
    assert_shard();
    if (!data_) {
        data_ = std::make_unique<Json>(Json::object());
    }
    return *data_;
}

bool Socket::join(RoomList rooms) {
    assert_shard();
    bool all = true;
    for (auto const& room : rooms.names) {
        if (ended_ || !client_) {
            return false;  // perhaps by a listener to the room before
        }
        if (room != id_) {  // everybody is in the own room
            all &= nsp_->join_room(*this, room);
        }
    }
    return all && !ended_ && client_;
}

void Socket::leave(std::string_view room) {
    assert_shard();
    nsp_->leave_room(*this, room);
}

std::vector<std::string> Socket::rooms() const {
    assert_shard();
    if (ended_) {
        return {};
    }
    auto rooms = nsp_->here().rooms.rooms_of(*this);
    if (connected_) {
        rooms.insert(rooms.begin(), id_);
    }
    return rooms;
}

bool Socket::in_room(std::string_view room) const {
    assert_shard();
    return (connected_ && room == id_) || nsp_->here().rooms.contains(*this, room);
}

SocketEmitter Socket::timeout(std::chrono::milliseconds limit) {
    return SocketEmitter(*this, {}).timeout(limit);
}
SocketEmitter Socket::volatile_() {
    return SocketEmitter(*this, {}).volatile_();
}
SocketEmitter Socket::compress(bool on) {
    return SocketEmitter(*this, {}).compress(on);
}

BroadcastOperator Socket::broadcast() const {
    assert_shard();
    return BroadcastOperator(*nsp_, Selection{{}, {id_}});
}
BroadcastOperator Socket::to(RoomList rooms) const {
    return broadcast().to(std::move(rooms));
}
BroadcastOperator Socket::in(RoomList rooms) const {
    return broadcast().to(std::move(rooms));
}
BroadcastOperator Socket::except(RoomList rooms) const {
    return broadcast().except(std::move(rooms));
}
BroadcastOperator Socket::local() const {
    return broadcast().local();
}

void Socket::emit_event(EventRef const& event, EmitFlags const& flags, detail::AckCallback on_ack) {
    assert_shard();
    check_event_name(event.name);
    if (!client_) {
        if (on_ack) {
            on_ack(AckError::disconnected);
        } else if (kept_ && !flags.is_volatile) {
            // For the log, or whoever came back as this socket.
            auto here_only = flags;
            here_only.local = true;
            nsp_->broadcast(Selection{{id_}, {}}, here_only, event);
        }
        return;
    }
    if (hears_outgoing()) {
        auto const args = to_args(event);
        tell_outgoing({event.name, args, on_ack != nullptr});
        if (!client_) {
            return emit_event(event, flags, std::move(on_ack));  // a listener disconnected it
        }
    }
    std::optional<std::uint64_t> id;
    if (on_ack && !client_->may_await_ack()) {
        return on_ack(AckError::too_many);
    }
    if (on_ack) {
        id = nsp_->next_ack_id();
        expect_ack(*id, flags.timeout ? &*flags.timeout : nullptr, std::move(on_ack));
    }
    // What is emitted before the CONNECT answer is not part of the state that can be recovered.
    if (nsp_->recovery_ && connected_ && !id && !flags.is_volatile) {
        return deliver(to_messages(*nsp_->log_unicast(*this, event)), flags);
    }
    deliver(to_messages(nsp_->encode(event, id, {})), flags);
}

void Socket::deliver(std::span<engineio::net::Message const> messages, EmitFlags const& flags) {
    if (!client_) {
        return;
    }
    if (flags.is_volatile && !client_->session().writable()) {
        ++shard_.metrics().volatile_dropped;
        return;
    }
    client_->send(messages, flags.compress);
}

void Socket::expect_ack(std::uint64_t id, std::chrono::milliseconds const* timeout,
                        detail::AckCallback callback) {
    if (!acks_) {
        acks_ = std::make_unique<std::map<std::uint64_t, PendingAck>>();
    }
    auto& pending = (*acks_)[id];
    client_->count_acks(+1);
    pending.callback = std::move(callback);
    if (timeout) {
        pending.timer = shard_.timers().after(*timeout, [this, id] {
            SocketPtr const keep(this);
            settle_ack(id, AckError::timeout);
        });
    }
}

std::size_t Socket::max_answer_bytes() const {
    return answer_bytes(nsp_->core_.options());
}

bool Socket::awaits(std::optional<std::uint64_t> ack_id) const {
    return acks_ && ack_id && acks_->contains(*ack_id);
}

void Socket::settle_ack(std::uint64_t id, Result<Args, AckError> answer) {
    if (!acks_) {
        return;
    }
    auto const found = acks_->find(id);
    if (found == acks_->end()) {
        return;  // unknown, answered before or too late: ignored as in Node
    }
    auto const callback = std::move(found->second.callback);
    acks_->erase(found);
    if (client_) {
        client_->count_acks(-1);
    }
    callback(std::move(answer));
}

// Coroutines wait for these: they go on with an error, in the dispatch phase.
void Socket::fail_acks() {
    if (!acks_) {
        return;
    }
    if (client_) {
        client_->count_acks(-static_cast<std::ptrdiff_t>(acks_->size()));
    }
    for (auto& [id, pending] : std::exchange(*acks_, {})) {
        shard_.defer(
            [callback = std::move(pending.callback)] { callback(AckError::disconnected); });
    }
}

void Socket::send_ack(std::uint64_t id, std::size_t count, PayloadRef args) {
    assert_shard();
    if (!client_) {
        return;
    }
    auto const payload = [&](Writer& writer) {
        writer.begin_array(count);
        args(writer);
        writer.end_array();
    };
    client_->send(client_->core().parser().encode(PacketType::ack, nsp_->name(), id, payload));
}

void Socket::disconnect(bool close) {
    assert_shard();
    if (!connected_ || !client_) {
        return;
    }
    if (close) {
        client_->disconnect_all();
        return;
    }
    // Handlers of on_disconnecting and hooks of the packet may call this again.
    if (ending_ || std::exchange(said_goodbye_, true)) {
        return;
    }
    SocketPtr const keep(this);
    client_->send_packet(PacketType::disconnect, *nsp_, nullptr);
    if (client_) {
        client_->remove(*this);
    }
    leave_namespace(DisconnectReason::server_namespace_disconnect, {});
}

// Who left or was sent away does not come back as what it was at an earlier cut, either. A client
// knows only the later one of two sockets of a namespace, hence comes back as no other.
void Socket::keep_or_revoke(DisconnectReason reason) {
    auto& recovery = *nsp_->recovery_;
    if (!is_recoverable(reason) || superseded_) {
        return recovery.revoke(shard_.now(), pid_, shard_.index(), log_position_);
    }
    auto rooms = nsp_->here().rooms.rooms_of(*this);
    recovery.save(shard_.now(), {id_, pid_, std::move(rooms), data()}, shard_.index(),
                  log_position_);
    kept_ = true;
}

void Socket::leave_namespace(DisconnectReason reason, std::string_view description) {
    if (ending_ || !connected_) {
        return;
    }
    ending_ = true;
    SocketPtr const keep(this);
    run_disconnect(true, reason, description);
    if (nsp_->recovery_ && !pid_.empty()) {
        keep_or_revoke(reason);
    }
    ended_ = true;  // no listener to rooms brings it back into one
    nsp_->remove(*this);
    connected_ = false;
    run_disconnect(false, reason, description);
    fail_acks();
    client_ = nullptr;
    drop_listeners();
    vacate();
}

namespace detail {

AckSlot::AckSlot(SocketPtr socket, std::uint64_t id) : socket(std::move(socket)), id(id) {}
AckSlot::~AckSlot() = default;

void AckSlot::send(std::size_t count, PayloadRef args) {
    if (!std::exchange(sent, true)) {
        socket->send_ack(id, count, args);
    }
}

}  // namespace detail

}  // namespace socketio
