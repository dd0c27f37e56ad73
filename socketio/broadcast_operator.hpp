#pragma once

#include "socketio/ack.hpp"
#include "socketio/emit.hpp"
#include "socketio/handshake.hpp"
#include "socketio/selection.hpp"
#include "socketio/task.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio {

class Namespace;

/// A copy of what fetch_sockets() learns of one socket; valid forever, also for sockets of other
/// shards. To act on it, address its own room: `io.in(remote.id).disconnect_sockets()`.
struct RemoteSocket {
    std::string id;
    std::vector<std::string> rooms;  // its own id first
    std::shared_ptr<Handshake const> handshake;
    Json data;
};

/// Whom to send to and how: immutable, every call returns a new operator, so one can be kept and
/// used again. May be made and used on any thread; events of one thread reach a client in the
/// order they were emitted (reference-behaviour 6.4).
class BroadcastOperator {
public:
    explicit BroadcastOperator(Namespace& nsp, Selection selection = {}, EmitFlags flags = {})
        : nsp_(&nsp), selection_(std::move(selection)), flags_(flags) {}

    /// Adds rooms; without any, everybody in the namespace is meant.
    BroadcastOperator to(RoomList rooms) const;
    BroadcastOperator in(RoomList rooms) const { return to(std::move(rooms)); }
    /// Leaves out whoever is in one of these rooms.
    BroadcastOperator except(RoomList rooms) const;
    /// May be dropped for clients that can't be written to at once.
    BroadcastOperator volatile_() const;
    BroadcastOperator compress(bool on) const;
    /// This server only, not the cluster.
    BroadcastOperator local() const;
    /// How long emit_with_ack waits.
    BroadcastOperator timeout(std::chrono::milliseconds limit) const;

    /// Encodes once and sends to every selected client. Throws std::invalid_argument for reserved
    /// event names.
    template <class... A>
    void emit(std::string_view event, A const&... args) const {
        with_event(
            event, [this](EventRef const& e) { broadcast(e); }, args...);
    }
    template <class... A>
    void send(A const&... args) const {
        emit("message", args...);
    }

    /// Emits and gathers the first argument of every client's answer: `co_await` gives Replies<T>
    /// when all have answered or the timeout (default 5 s; Node's is 0) is over. From a handler
    /// the coroutine goes on on its own shard; only on a shard's thread.
    template <class T = Json, class... A>
    BroadcastReply<T> emit_with_ack(std::string_view event, A const&... args) const {
        BroadcastReply<T> reply;
        with_event(
            event, [&](EventRef const& e) { broadcast_with_ack(e, reply.callback()); }, args...);
        return reply;
    }

    /// The selected sockets of all shards. Only on a shard's thread.
    Task<std::vector<RemoteSocket>> fetch_sockets() const;
    void sockets_join(RoomList rooms) const;
    void sockets_leave(RoomList rooms) const;
    /// `close`: also the connections underneath, with all their namespaces.
    void disconnect_sockets(bool close = false) const;

private:
    void broadcast(EventRef const& event) const;
    void broadcast_with_ack(EventRef const& event, detail::GatherCallback done) const;

    Namespace* nsp_;
    Selection selection_;
    EmitFlags flags_;
};

}  // namespace socketio
