#pragma once

#include "socketio/ack.hpp"
#include "socketio/adapter.hpp"
#include "socketio/addressing.hpp"
#include "socketio/emit.hpp"
#include "socketio/handshake.hpp"
#include "socketio/namespace_ptr.hpp"
#include "socketio/selection.hpp"
#include "socketio/task.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio {

class Namespace;

class RemoteEmitter;

/// A copy of what fetch_sockets() learns of one socket, which may be one of another shard or
/// server; valid forever. Its calls address the socket's own room and do nothing once it has left.
/// Any thread, emit_with_ack excepted.
struct RemoteSocket {
    /// The socket's id.
    std::string id;
    std::vector<std::string> rooms;  ///< its own id first
    /// Its handshake, its data and its namespace when it was fetched.
    std::shared_ptr<Handshake const> handshake;
    Json data;
    NamespacePtr nsp;

    /// To this socket.
    template <class... A>
    void emit(std::string_view event, A const&... args) const;
    /// The one answer: `co_await` gives Result<T, AckError>.
    template <class T = Json, class... A>
    Task<Result<T, AckError>> emit_with_ack(std::string_view event, A const&... args) const;
    /// The same with a limit; without, it is 5 s.
    RemoteEmitter timeout(std::chrono::milliseconds limit) const;
    /// Has the socket join, leave, or be disconnected (`close`: its connection, too), wherever it
    /// is.
    void join(RoomList rooms) const;
    void leave(RoomList rooms) const;
    void disconnect(bool close = false) const;
};

/// Whom to send to and how: immutable, every call returns a new operator, so one can be kept and
/// used again. May be made and used on any thread; events of one thread reach a client in the
/// order they were emitted (reference-behaviour 6.4).
class BroadcastOperator : public Addressing<BroadcastOperator> {
public:
    /// Everybody in `nsp`; usually made by Namespace::to and its kin.
    explicit BroadcastOperator(Namespace& nsp, Selection selection = {}, EmitFlags flags = {})
        : Addressing(std::move(selection), flags), nsp_(&nsp) {}

    /// How long emit_with_ack waits.
    BroadcastOperator timeout(std::chrono::milliseconds limit) const {
        return changed([limit](BroadcastOperator& copy) { copy.flags_.timeout = limit; });
    }

    /// Encodes once and sends to every selected client. Throws std::invalid_argument for reserved
    /// event names.
    template <class... A>
    void emit(std::string_view event, A const&... args) const {
        with_event(
            event, [this](EventRef const& e) { broadcast(e); }, args...);
    }
    /// emit("message", …).
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
            event, [&](EventRef const& e) { broadcast_with_ack(e, reply.sink()); }, args...);
        return reply;
    }

    /// The selected sockets of all shards and, unless local(), of all servers; `timeout` is for
    /// the other servers (default 5 s). Only on a shard's thread.
    Task<std::vector<RemoteSocket>> fetch_sockets() const;
    /// Has them join or leave rooms. Any thread.
    void sockets_join(RoomList rooms) const;
    void sockets_leave(RoomList rooms) const;
    /// `close`: also the connections underneath, with all their namespaces.
    void disconnect_sockets(bool close = false) const;

private:
    void broadcast(EventRef const& event) const;
    void broadcast_with_ack(EventRef const& event, std::shared_ptr<detail::AnswerSink> sink) const;
    ClusterRequest request(ClusterRequest::Kind kind) const;
    void on_selected(ClusterRequest request, std::function<void(Socket&)> action) const;

    NamespacePtr nsp_;
};

/// What a Namespace, and a Server for its "/", can do to all its sockets at once. Threads: as of
/// BroadcastOperator.
template <class Owner>
class Broadcasts : public AddressesAll<Owner, BroadcastOperator> {
public:
    /// As of BroadcastOperator, for every connected socket.
    BroadcastOperator timeout(std::chrono::milliseconds limit) {
        return this->everybody().timeout(limit);
    }
    Task<std::vector<RemoteSocket>> fetch_sockets() { return this->everybody().fetch_sockets(); }
    void sockets_join(RoomList rooms) { this->everybody().sockets_join(std::move(rooms)); }
    void sockets_leave(RoomList rooms) { this->everybody().sockets_leave(std::move(rooms)); }
    void disconnect_sockets(bool close = false) { this->everybody().disconnect_sockets(close); }
};

/// A RemoteSocket with a limit for the next emit_with_ack.
class RemoteEmitter {
public:
    /// @private Made by RemoteSocket::timeout.
    explicit RemoteEmitter(BroadcastOperator target) : target_(std::move(target)) {}

    /// As RemoteSocket::emit_with_ack. Only on a shard's thread.
    template <class T = Json, class... A>
    Task<Result<T, AckError>> emit_with_ack(std::string_view event, A const&... args) const {
        // Sent before the coroutine begins: nothing of the arguments has to live on.
        return first(target_.template emit_with_ack<Json>(event, args...), T());
    }

private:
    template <class T>
    static Task<Result<T, AckError>> first(BroadcastReply<Json> pending, T value) {
        auto replies = co_await pending;
        if (replies.replies.empty()) {
            // Nobody was asked: the socket has left.
            co_return replies.missing == 0 ? AckError::disconnected : AckError::timeout;
        }
        if (!read_value(std::move(replies.replies.front()), value)) {
            co_return AckError::invalid;
        }
        co_return std::move(value);
    }

    BroadcastOperator target_;
};

template <class... A>
void RemoteSocket::emit(std::string_view event, A const&... args) const {
    BroadcastOperator(*nsp, Selection{{id}, {}}).emit(event, args...);
}
template <class T, class... A>
Task<Result<T, AckError>> RemoteSocket::emit_with_ack(std::string_view event,
                                                      A const&... args) const {
    return RemoteEmitter(BroadcastOperator(*nsp, Selection{{id}, {}}))
        .template emit_with_ack<T>(event, args...);
}

}  // namespace socketio
