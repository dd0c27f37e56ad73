#pragma once

#include "engineio/transport.hpp"
#include "socketio/ack.hpp"
#include "socketio/broadcast_operator.hpp"
#include "socketio/connection.hpp"
#include "socketio/disconnect_reason.hpp"
#include "socketio/emit.hpp"
#include "socketio/handshake.hpp"
#include "socketio/listeners.hpp"
#include "socketio/packet.hpp"
#include "socketio/rooms.hpp"

#include <any>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engineio::net {
class Shard;
class OneShot;
class Message;
}  // namespace engineio::net

namespace socketio {

class Client;
class Namespace;
class Server;
class SocketEmitter;
struct NamespaceShard;

namespace detail {
bool is_first_time(Socket& socket, void const* handler);
}

/// One client in one namespace. Owned by its Client; kept alive by SocketPtr. After disconnect
/// its calls are harmless: nothing reaches its client, but to(), broadcast() and their kin still
/// reach the others; and where the state of a broken connection can be recovered, what is emitted
/// to its socket waits for the client's return, as in Node.
///
/// Threads: may be used on its own shard only, SocketPtr included. The calls check that in every
/// build, but for those that return what never changes (id, nsp, server, handshake, request) and
/// the three flags. To reach a socket from
/// elsewhere address its own room: `io.to(id).emit(...)`.
class Socket final : public RoomMember {
public:
    /// @private Made by the library.
    Socket(Client& client, Namespace& nsp, std::string id, Handshake handshake);
    ~Socket();

    /// 20 unguessable characters, unrelated to the engine's secret sid.
    std::string const& id() const { return id_; }
    /// Where it is, and what it said when it came.
    Namespace& nsp() const { return *nsp_; }
    Server& server() const;
    Handshake const& handshake() const { return *handshake_; }
    /// The first request of the connection, a copy; one of its fields is handshake().header(name).
    engineio::net::Request request() const { return handshake_->request(); }
    /// The connection underneath, shared with its other namespaces (Node: socket.conn).
    Connection conn() const;
    /// False before the middlewares have admitted it and after disconnect.
    bool connected() const { return connected_; }
    /// The opposite.
    bool disconnected() const { return !connected_; }
    /// The state of an earlier connection was restored (connection state recovery).
    bool recovered() const { return recovered_; }
    /// What the session uses now.
    engineio::TransportName transport() const;
    /// Engine.IO protocol revision, 4 or 3.
    int protocol() const;
    /// The transport would take a packet at once; volatile events are dropped otherwise.
    bool writable() const;

    /// Free for the application; visible to fetch_sockets() and kept by recovery.
    Json& data();
    /// One typed value for the application, default-constructed on first use. The type must be the
    /// same in every call.
    template <class T>
    T& data() {
        assert_shard();
        if (!typed_data_.has_value()) {
            typed_data_.emplace<T>();
        }
        return std::any_cast<T&>(typed_data_);
    }

    /// Joins. True if it is in all of them now; false after disconnect, if it is in
    /// SocketLimits::max_rooms other ones already, or for a name longer than max_room_bytes.
    bool join(RoomList rooms);
    /// Leaves one; a no-op if it is not in it.
    void leave(std::string_view room);
    /// Own id first, then in order of joining; empty after disconnect.
    std::vector<std::string> rooms() const;
    /// Whether it is in this room.
    bool in_room(std::string_view room) const;

    /// Sends an event. Throws std::invalid_argument for reserved names.
    template <class... A>
    void emit(std::string_view event, A const&... args) {
        with_event(
            event, [this](EventRef const& e) { emit_event(e, {}); }, args...);
    }
    /// emit("message", …).
    template <class... A>
    void send(A const&... args) {
        emit("message", args...);
    }
    /// Sends an event and asks for an answer: `co_await` gives Result<T, AckError>. T is the type
    /// of the first answered argument, or Args for all. Without .timeout() it waits until the
    /// answer or the disconnect.
    template <class T = Json, class... A>
    AckReply<T> emit_with_ack(std::string_view event, A const&... args);

    /// Flags for one emit: how long to wait for its acknowledgement; whether it may be dropped for
    /// a client that can't be written to at once; whether long polling may compress it (it may).
    SocketEmitter timeout(std::chrono::milliseconds limit);
    SocketEmitter volatile_();
    SocketEmitter compress(bool on);

    /// Broadcasts to others: this socket is left out.
    BroadcastOperator to(RoomList rooms) const;
    BroadcastOperator in(RoomList rooms) const;
    BroadcastOperator except(RoomList rooms) const;
    BroadcastOperator broadcast() const;
    /// The same on this server only.
    BroadcastOperator local() const;

    /// Leaves the namespace; with `close` the whole connection ends. Idempotent.
    void disconnect(bool close = false);

    // --- listeners of this socket alone ---------------------------------------------------------
    //
    // They run after those of the namespace's table, in order of registration, and go when the
    // socket has left. Prefer the table (Namespace::on): it is shared by all sockets, while these
    // cost memory for each. Handlers may keep no reference to what dies before the socket; taking
    // `Socket&` as first parameter is better than capturing a SocketPtr.

    /// Handles an event, in the forms of Namespace::on. Throws std::invalid_argument for reserved
    /// names; after disconnect nothing is registered.
    template <class F>
    ListenerId on(std::string_view event, F handler) {
        return add_listener(event, make_handler(std::move(handler)), false);
    }
    template <class M, class C>
    ListenerId on(std::string_view event, M method, C* object) {
        return add_listener(event, make_handler(method, object), false);
    }
    /// Handles the next such event only.
    template <class F>
    ListenerId once(std::string_view event, F handler) {
        return add_listener(event, make_handler(std::move(handler)), true);
    }
    /// Takes off one listener of this socket, of whatever kind; false if there is none.
    bool off(ListenerId listener);
    /// Takes off all handlers that this socket has for the event.
    void off(std::string_view event);
    /// Takes off everything registered on this socket.
    void off();
    /// This socket's own handlers of an event; its events with handlers.
    std::vector<ListenerId> listeners(std::string_view event) const;
    std::vector<std::string> event_names() const;

    /// `(Socket&, Event const&)` or `(Event const&)`, for every incoming event, before the event
    /// middlewares.
    template <class F>
    ListenerId on_any(F listener) {
        return add_any(make_listener(std::move(listener)), false);
    }
    /// The same, before all registered so far.
    template <class F>
    ListenerId prepend_any(F listener) {
        return add_any(make_listener(std::move(listener)), true);
    }
    /// Takes off all of them; and their names.
    void off_any();
    std::vector<ListenerId> listeners_any() const;
    /// The same for every event sent to this socket, broadcasts included; not for
    /// acknowledgements. Also for volatile events that are then dropped.
    template <class F>
    ListenerId on_any_outgoing(F listener) {
        return add_any_outgoing(make_listener(std::move(listener)), false);
    }
    /// The same, before all registered so far.
    template <class F>
    ListenerId prepend_any_outgoing(F listener) {
        return add_any_outgoing(make_listener(std::move(listener)), true);
    }
    /// Takes off all of them; and their names.
    void off_any_outgoing();
    std::vector<ListenerId> listeners_any_outgoing() const;

    /// An event middleware of this socket, in the forms of and after those of the namespace
    /// (Namespace::use_event).
    template <class F>
    ListenerId use(F middleware) {
        return add_middleware(make_event_middleware(std::move(middleware)));
    }
    /// As on the namespace; coroutines, too.
    template <class F>
    ListenerId on_disconnecting(F handler) {
        return add_disconnect(detail::make_disconnect_handler(std::move(handler)), true);
    }
    template <class F>
    ListenerId on_disconnect(F handler) {
        return add_disconnect(detail::make_disconnect_handler(std::move(handler)), false);
    }
    /// As on the namespace.
    ListenerId on_error(ErrorHandler handler);

private:
    friend class BroadcastOperator;
    friend class Client;
    friend class Namespace;
    friend class SocketEmitter;
    friend struct NamespaceShard;
    friend struct detail::AckSlot;
    friend void intrusive_ptr_add_ref(Socket* socket) noexcept;
    friend void intrusive_ptr_release(Socket* socket) noexcept;

    struct PendingAck;
    struct EventInHand;

    void emit_event(EventRef const& event, EmitFlags const& flags,
                    detail::AckCallback on_ack = nullptr);
    void expect_ack(std::uint64_t id, std::chrono::milliseconds const* timeout,
                    detail::AckCallback callback);
    void send_ack(std::uint64_t id, std::size_t count, PayloadRef args);
    void deliver(std::span<engineio::net::Message const> messages, EmitFlags const& flags);

    ListenerId add_listener(std::string_view event, EventHandler handler, bool once);
    ListenerId add_any(EventListener listener, bool first);
    ListenerId add_any_outgoing(EventListener listener, bool first);
    ListenerId add_middleware(EventMiddleware middleware);
    ListenerId add_disconnect(DisconnectHandler handler, bool before);
    std::shared_ptr<void const> take_off(ListenerId listener);
    SocketListeners* own();  // made on first use; null once the socket has ended
    void drop_listeners();
    bool first_time(void const* handler);
    friend bool detail::is_first_time(Socket& socket, void const* handler);

    bool wants_raw(std::string_view event) const;
    bool hears_outgoing() const;
    void tell_outgoing(Event const& event);
    void on_packet(Packet&& packet);  // dispatch phase
    void on_event(Packet&& packet);
    void run_event_middlewares(std::shared_ptr<EventInHand> held, std::size_t index);
    void run_any(Packet& packet);
    std::shared_ptr<detail::AckSlot> ack_slot(Packet const& packet);
    void run_handlers(Packet& packet, std::shared_ptr<detail::AckSlot> const& ack);
    void run_handler(EventHandler const& handler, Packet& packet, std::string_view name,
                     std::shared_ptr<detail::AckSlot> const& ack, bool may_move,
                     std::shared_ptr<void const> const& owner);
    void run_disconnect(bool before, DisconnectReason reason, std::string_view description);
    void report_error(EventError const& error);
    std::size_t max_answer_bytes() const;
    bool awaits(std::optional<std::uint64_t> ack_id) const;
    void settle_ack(std::uint64_t id, Result<Args, AckError> answer);
    void fail_acks();
    void leave_namespace(DisconnectReason reason, std::string_view description);
    void keep_or_revoke(DisconnectReason reason);
    void dismiss();
    void abandon();
    void tear_down();
    void vacate();
    void assert_shard() const;
    std::shared_ptr<ReadingGate> reading_gate() const;
    friend class detail::Unfinished;

    std::uint32_t references_ = 0;
    bool connected_ = false;
    bool announced_ = false;  // the connection handlers know it
    bool recovered_ = false;
    bool leaving_ = false;  // a DISCONNECT was decoded; later events of this turn find no handler
    bool ending_ = false;   // leave_namespace() has begun: its handlers may disconnect again
    bool superseded_ = false;         // a later socket of its namespace gets the client's packets
    bool said_goodbye_ = false;       // a DISCONNECT was sent
    bool ended_ = false;              // it leaves its rooms, or was never connected and will not be
    bool decided_ = false;            // the connection middlewares have, or their time is over
    bool occupies_ = false;           // counts for keeping its dynamic namespace
    bool kept_ = false;               // recovery: saved for the client's return
    std::uint64_t mark_ = 0;          // epoch of the last broadcast that looked at this socket
    std::uint64_t log_position_ = 0;  // recovery: what is later in the log is sent live
    Client* client_;                  // null once the connection is gone
    NamespacePtr nsp_;
    engineio::net::Shard& shard_;
    std::string id_;
    std::string pid_;  // recovery: the private id
    std::shared_ptr<Handshake const> handshake_;
    std::unique_ptr<Json> data_;
    std::any typed_data_;
    std::unique_ptr<std::map<std::uint64_t, PendingAck>> acks_;
    std::unique_ptr<SocketListeners> listeners_;
    Socket* previous_ = nullptr;  // the namespace's list in order of connecting
    Socket* next_ = nullptr;
};

/// A socket with flags for the next emit.
class SocketEmitter {
public:
    /// @private Made by Socket::timeout and its kin.
    SocketEmitter(Socket& socket, EmitFlags flags) : socket_(&socket), flags_(flags) {}

    /// As of Socket; they add up.
    SocketEmitter timeout(std::chrono::milliseconds limit) const {
        auto flags = flags_;
        flags.timeout = limit;
        return {*socket_, flags};
    }
    SocketEmitter volatile_() const {
        auto flags = flags_;
        flags.is_volatile = true;
        return {*socket_, flags};
    }
    SocketEmitter compress(bool on) const {
        auto flags = flags_;
        flags.compress = on;
        return {*socket_, flags};
    }

    /// As of Socket, with these flags. Without `timeout` an answer is awaited until the disconnect.
    template <class... A>
    void emit(std::string_view event, A const&... args) const {
        with_event(
            event, [this](EventRef const& e) { socket_->emit_event(e, flags_); }, args...);
    }
    template <class T = Json, class... A>
    AckReply<T> emit_with_ack(std::string_view event, A const&... args) const {
        AckReply<T> reply(socket_->max_answer_bytes());
        with_event(
            event, [&](EventRef const& e) { socket_->emit_event(e, flags_, reply.callback()); },
            args...);
        return reply;
    }

private:
    Socket* socket_;
    EmitFlags flags_;
};

template <class T, class... A>
AckReply<T> Socket::emit_with_ack(std::string_view event, A const&... args) {
    return SocketEmitter(*this, {}).template emit_with_ack<T>(event, args...);
}

inline void intrusive_ptr_add_ref(Socket* socket) noexcept {
    ++socket->references_;
}
inline void intrusive_ptr_release(Socket* socket) noexcept {
    if (--socket->references_ == 0) {
        delete socket;
    }
}

}  // namespace socketio
