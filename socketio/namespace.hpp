#pragma once

#include "socketio/adapter.hpp"
#include "socketio/broadcast_operator.hpp"
#include "socketio/handler_table.hpp"
#include "socketio/recovery.hpp"
#include "socketio/socket.hpp"

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
class RoomCensus;
class Server;
struct NamespaceShard;

/// A channel of its own on every connection: handlers, rooms and sockets under one name. Owned by
/// the Server. Emitting is possible on any thread; registering only before listen().
class Namespace final : public HandlerRegistry, public Broadcasts<Namespace> {
public:
    /// @private Made by Server::of.
    Namespace(Core& core, std::string name, std::shared_ptr<HandlerTable> table,
              bool is_child = false);
    ~Namespace();
    Namespace(Namespace const&) = delete;
    Namespace& operator=(Namespace const&) = delete;

    /// With its slash: "/chat".
    std::string const& name() const { return name_; }
    /// The server it belongs to.
    Server& server() const;

    /// To the handlers of the other servers of the cluster (HandlerRegistry::on_server_side), not
    /// to clients and not to this server. Without an adapter a warning is logged, as in Node.
    /// Throws std::invalid_argument for `connect`, `connection` and `new_namespace`.
    template <class... A>
    void server_side_emit(std::string_view event, A const&... args) {
        with_event(
            event, [this](EventRef const& e) { send_server_side(e); }, args...);
    }
    /// The same; `co_await` gives Replies<T> with one value of each other server, after 5 s at
    /// the latest. Without an adapter it is empty at once. Only on a shard's thread.
    template <class T = Json, class... A>
    BroadcastReply<T> server_side_emit_with_ack(std::string_view event, A const&... args) {
        BroadcastReply<T> reply;
        with_event(
            event, [&](EventRef const& e) { ask_server_side(e, reply.sink()); }, args...);
        return reply;
    }

    /// This shard's connected sockets, in order of connecting. Only on a shard's thread.
    std::vector<SocketPtr> local_sockets();
    /// Rooms of this shard's sockets, their own ids not counted. Only on a shard's thread.
    std::size_t room_count();
    /// Connected sockets of all shards; approximate while they come and go. Any thread.
    std::size_t socket_count() const;

private:
    struct Broadcast;
    struct BroadcastWithAck;
    friend class AddressesAll<Namespace, BroadcastOperator>;
    friend class BroadcastOperator;
    friend class Client;
    friend class Core;
    friend class ParentOperator;
    friend class Socket;
    friend class NamespacePtr;

    BroadcastOperator all() { return BroadcastOperator(*this); }
    HandlerTable const& handlers() const { return *table_; }
    void freeze();
    NamespaceShard& here();  // this thread's part
    NamespaceShard& shard(unsigned index) { return *shards_[index]; }
    std::uint64_t next_ack_id() { return ack_ids_.fetch_add(1, std::memory_order_relaxed); }

    EncodedPacket encode(EventRef const& event, std::optional<std::uint64_t> id,
                         std::string_view offset) const;
    std::shared_ptr<EncodedPacket const> log_unicast(Socket const& socket, EventRef const& event);

    // Rooms, with the application's room events.
    bool join_room(Socket& socket, std::string_view room);
    void leave_room(Socket& socket, std::string_view room);
    void leave_all_rooms(Socket& socket);
    void announce_join(Socket& socket, std::string_view room);
    void announce_leave(Socket& socket, std::string_view room);

    template <class F>
    void each_recipient(NamespaceShard& part, Selection const& selection, Event const* told,
                        F&& visit);
    void publish_broadcast(Selection const& selection, EmitFlags const& flags,
                           EventRef const& event);
    void send_server_side(EventRef const& event);
    void ask_server_side(EventRef const& event, std::shared_ptr<detail::AnswerSink> sink);
    void receive_server_side(ClusterRequest request, std::function<void(Json)> reply);

    // Somebody listens to outgoing events, so that their arguments are worth a tree.
    bool hears_outgoing() const {
        return !table_->any_outgoing.empty() ||
               outgoing_listening_.load(std::memory_order_relaxed) > 0;
    }

    // Delivery; the public face is BroadcastOperator.
    void broadcast(Selection const& selection, EmitFlags const& flags, EventRef const& event);
    void broadcast_with_ack(Selection const& selection, EmitFlags const& flags,
                            EventRef const& event, std::shared_ptr<detail::AnswerSink> sink);

    // Connecting: middlewares, then admit() in a later phase of the turn.
    void connect(SocketPtr socket);
    void run_middlewares(SocketPtr socket, std::size_t index);
    void conclude(SocketPtr const& socket, std::optional<ConnectError> refusal);
    void admit(Socket& socket);
    bool begin_recoverable(Socket& socket);
    void remove(Socket& socket);

    Core& core_;
    std::string name_;
    std::vector<std::unique_ptr<NamespaceShard>> shards_;
    std::shared_ptr<Recovery> recovery_;              // the shards' timers know it, too
    std::unique_ptr<RoomCensus> census_;              // only if the application hears of rooms
    std::atomic<std::uint64_t> ack_ids_{0};           // shared by unicast and broadcast, as in Node
    std::atomic<std::size_t> outgoing_listening_{0};  // sockets with outgoing listeners

    // Dynamic namespaces only; see Core::resolve and Core::vacate.
    bool is_child_ = false;
    bool pinned_ = false;  // the application holds it by name: never cleaned up
    std::atomic<std::size_t> references_{0};
    std::size_t occupants_ = 0;  // sockets, connecting ones included; guarded by the Core
};

}  // namespace socketio
