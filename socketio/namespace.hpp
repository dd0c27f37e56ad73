#pragma once

#include "socketio/broadcast_operator.hpp"
#include "socketio/handler_table.hpp"
#include "socketio/recovery.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

class Client;
class Core;
struct NamespaceShard;

/// A channel of its own on every connection: handlers, rooms and sockets under one name. Owned by
/// the Server. Emitting is possible on any thread; registering only before listen().
class Namespace final : public HandlerRegistry {
public:
    Namespace(Core& core, std::string name, std::shared_ptr<HandlerTable> table);
    ~Namespace();
    Namespace(Namespace const&) = delete;
    Namespace& operator=(Namespace const&) = delete;

    std::string const& name() const { return name_; }

    BroadcastOperator to(RoomList rooms) { return all().to(std::move(rooms)); }
    BroadcastOperator in(RoomList rooms) { return all().to(std::move(rooms)); }
    BroadcastOperator except(RoomList rooms) { return all().except(std::move(rooms)); }
    BroadcastOperator volatile_() { return all().volatile_(); }
    BroadcastOperator compress(bool on) { return all().compress(on); }
    BroadcastOperator local() { return all().local(); }
    BroadcastOperator timeout(std::chrono::milliseconds limit) { return all().timeout(limit); }

    /// To every connected socket of the namespace.
    template <class... A>
    void emit(std::string_view event, A const&... args) {
        all().emit(event, args...);
    }
    template <class... A>
    void send(A const&... args) {
        all().emit("message", args...);
    }
    Task<std::vector<RemoteSocket>> fetch_sockets() { return all().fetch_sockets(); }
    void sockets_join(RoomList rooms) { all().sockets_join(std::move(rooms)); }
    void sockets_leave(RoomList rooms) { all().sockets_leave(std::move(rooms)); }
    void disconnect_sockets(bool close = false) { all().disconnect_sockets(close); }

    /// Rooms of this shard's sockets, their own ids not counted. Only on a shard's thread.
    std::size_t room_count();

private:
    friend class BroadcastOperator;
    friend class Client;
    friend class Core;
    friend class Socket;

    BroadcastOperator all() { return BroadcastOperator(*this); }
    HandlerTable const& handlers() const { return *table_; }
    NamespaceShard& here();  // this thread's part
    NamespaceShard& shard(unsigned index) { return *shards_[index]; }
    std::uint64_t next_ack_id() { return ack_ids_.fetch_add(1, std::memory_order_relaxed); }

    EncodedPacket encode(EventRef const& event, std::optional<std::uint64_t> id,
                         std::string_view offset) const;
    Recovery::Logged log_event(Selection selection, EventRef const& event);

    // Delivery; the public face is BroadcastOperator.
    void broadcast(Selection const& selection, EmitFlags const& flags, EventRef const& event);
    void broadcast_with_ack(Selection const& selection, EmitFlags const& flags,
                            EventRef const& event, detail::GatherCallback done);

    // Connecting: middlewares, then admit() in a later phase of the turn.
    void connect(SocketPtr socket);
    void run_middlewares(SocketPtr socket, std::size_t index);
    void conclude(SocketPtr const& socket, std::optional<ConnectError> refusal);
    void admit(Socket& socket);
    void remove(Socket& socket);
    void run_disconnect(Socket& socket,
                        std::vector<HandlerTable::DisconnectHandler> const& handlers,
                        DisconnectReason reason, std::string_view description) const;

    Core& core_;
    std::string name_;
    std::vector<std::unique_ptr<NamespaceShard>> shards_;
    std::unique_ptr<Recovery> recovery_;
    std::atomic<std::uint64_t> ack_ids_{0};  // shared by unicast and broadcast, as in Node
};

}  // namespace socketio
