#pragma once

#include "socketio/disconnect_reason.hpp"
#include "socketio/handler.hpp"
#include "socketio/listeners.hpp"
#include "socketio/middleware.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace socketio {

/// Answers a server_side_emit that asked for it; the first call counts. Any thread.
using ServerReply = std::function<void(Json)>;

/// Everything the application registered for one namespace. Written before listen(), read by all
/// shards afterwards without locks: registering later throws.
struct HandlerTable {
    using ConnectionHandler = std::function<void(Socket&)>;
    using RoomListener = engineio::Callback<void(std::string_view room)>;
    using MemberListener = engineio::Callback<void(std::string_view room, std::string_view id)>;
    using ServerHandler = engineio::Callback<void(Args const&, ServerReply const&)>;
    template <class T>
    using ByName =
        std::unordered_map<std::string, std::vector<T>, detail::NameHash, std::equal_to<>>;

    bool frozen = false;
    std::vector<Middleware> middlewares;
    std::vector<EventMiddleware> event_middlewares;
    ByName<EventHandler> events;
    std::vector<EventListener> any;
    std::vector<EventListener> any_outgoing;
    std::vector<EventListener> invalid;
    std::vector<ConnectionHandler> connection;
    std::vector<DisconnectHandler> disconnecting;
    std::vector<DisconnectHandler> disconnect;
    std::vector<ErrorHandler> error;
    std::vector<RoomListener> create_room;
    std::vector<RoomListener> delete_room;
    std::vector<MemberListener> join_room;
    std::vector<MemberListener> leave_room;
    ByName<ServerHandler> server_side;

    bool hears_rooms() const {
        return !create_room.empty() || !delete_room.empty() || !join_room.empty() ||
               !leave_room.empty();
    }
};

namespace detail {
bool is_first_time(Socket& socket, void const* handler);  ///< and marks it as used
}

/// Throws std::invalid_argument for the names server_side_emit refuses.
void check_server_event_name(std::string_view name);

/// Registration of handlers: the common part of a namespace and of a family of dynamic namespaces.
/// All calls before Server::listen(); afterwards they throw std::logic_error. Handlers run on the
/// shard of the socket concerned; exceptions they throw are logged, and the socket lives.
class HandlerRegistry {
public:
    /// @private Made by the library.
    explicit HandlerRegistry(std::shared_ptr<HandlerTable> table) : table_(std::move(table)) {}

    /// Called for each socket that wants to connect, in order of registration:
    /// `(Socket&) -> Admission`, `-> Task<Admission>`, `-> void`, or `(Socket&, Next)`. A refusal
    /// reaches the client as connect_error. The socket may join rooms here already.
    template <class F>
    HandlerRegistry& use(F middleware) {
        open().middlewares.push_back(make_middleware(std::move(middleware)));
        return *this;
    }
    /// Called for each event before its handlers: `(Socket&, Event const&)` with the same results,
    /// or `(Socket&, Event const&, Next)`. A refused event reaches on_error only. With
    /// `(Socket&, Json::Array& packet)`, `[name, arguments...]` and never empty, it may change the
    /// event for the middlewares and handlers after it, as in Node; `packet` is valid until the
    /// decision.
    template <class F>
    HandlerRegistry& use_event(F middleware) {
        open().event_middlewares.push_back(make_event_middleware(std::move(middleware)));
        return *this;
    }

    /// Handles an event: parameters are an optional Socket&, the arguments, an optional Ack<...>;
    /// a returned value (or a Task's) is the acknowledgement. Several handlers of one event run in
    /// order of registration.
    template <class F>
    HandlerRegistry& on(std::string_view event, F handler) {
        add(event, make_handler(std::move(handler)));
        return *this;
    }
    /// The same with a member function; `object` must outlive the server.
    template <class M, class C>
    HandlerRegistry& on(std::string_view event, M method, C* object) {
        add(event, make_handler(method, object));
        return *this;
    }

    /// Handles only the first such event of each socket.
    template <class F>
    HandlerRegistry& once(std::string_view event, F handler) {
        add(event, once_per_socket(make_handler(std::move(handler))));
        return *this;
    }
    template <class M, class C>
    HandlerRegistry& once(std::string_view event, M method, C* object) {
        add(event, once_per_socket(make_handler(method, object)));
        return *this;
    }

    /// `(Socket&)`, once its CONNECT was answered; may be a coroutine. The place to register
    /// handlers of this socket alone (Socket::on).
    template <class F>
    HandlerRegistry& on_connection(F handler) {
        open().connection.push_back([handler = std::move(handler)](Socket& socket) mutable {
            if constexpr (std::is_void_v<std::invoke_result_t<F&, Socket&>>) {
                handler(socket);
            } else {
                spawn(detail::finish(SocketPtr(&socket), nullptr, handler(socket)));
            }
        });
        return *this;
    }
    /// `(Socket&[, DisconnectReason[, std::string_view description]])`; the socket is still in its
    /// rooms, up to the first co_await of a coroutine, which can't have the description.
    template <class F>
    HandlerRegistry& on_disconnecting(F handler) {
        open().disconnecting.push_back(detail::make_disconnect_handler(std::move(handler)));
        return *this;
    }
    /// The same once it has left its rooms.
    template <class F>
    HandlerRegistry& on_disconnect(F handler) {
        open().disconnect.push_back(detail::make_disconnect_handler(std::move(handler)));
        return *this;
    }

    /// `(Socket&, Event const&)` or `(Event const&)`, for every incoming event, before the event
    /// middlewares, so also for events these refuse.
    template <class F>
    HandlerRegistry& on_any(F listener) {
        open().any.push_back(make_listener(std::move(listener)));
        return *this;
    }
    /// The same, but before all registered so far.
    template <class F>
    HandlerRegistry& prepend_any(F listener) {
        auto& any = open().any;
        any.insert(any.begin(), make_listener(std::move(listener)));
        return *this;
    }
    /// For every event sent to a socket, broadcasts included, once per recipient; not for
    /// acknowledgements. Costs a tree of the arguments for each event sent.
    template <class F>
    HandlerRegistry& on_any_outgoing(F listener) {
        open().any_outgoing.push_back(make_listener(std::move(listener)));
        return *this;
    }
    /// The same, but before all registered so far.
    template <class F>
    HandlerRegistry& prepend_any_outgoing(F listener) {
        auto& any = open().any_outgoing;
        any.insert(any.begin(), make_listener(std::move(listener)));
        return *this;
    }
    /// `(Socket&, InvalidEvent const&)` for events whose arguments do not fit their handler, which
    /// was not called. Without it they are counted and logged at debug level.
    HandlerRegistry& on_invalid(EventListener listener) {
        open().invalid.push_back(std::move(listener));
        return *this;
    }
    /// `(Socket&, EventError const&)` for events refused by a middleware and undecodable packets.
    HandlerRegistry& on_error(ErrorHandler handler) {
        open().error.push_back(std::move(handler));
        return *this;
    }

    /// Node's adapter events: `(std::string_view room)` when the first socket enters a room and
    /// when the last one has left, `(room, socket id)` for each entering and leaving; a socket's
    /// own room counts. With several shards create and delete speak of the whole server, on the
    /// shard of the socket that caused them.
    HandlerRegistry& on_create_room(HandlerTable::RoomListener listener) {
        open().create_room.push_back(std::move(listener));
        return *this;
    }
    HandlerRegistry& on_delete_room(HandlerTable::RoomListener listener) {
        open().delete_room.push_back(std::move(listener));
        return *this;
    }
    HandlerRegistry& on_join_room(HandlerTable::MemberListener listener) {
        open().join_room.push_back(std::move(listener));
        return *this;
    }
    HandlerRegistry& on_leave_room(HandlerTable::MemberListener listener) {
        open().leave_room.push_back(std::move(listener));
        return *this;
    }

    /// What another server of the cluster sent with server_side_emit. The handler is called as
    /// `(Args const&)` or `(Args const&, ServerReply const&)`; the reply may be kept and called
    /// later, once. Runs on shard 0. Throws std::invalid_argument for `connect`, `connection` and
    /// `new_namespace`.
    template <class F>
    HandlerRegistry& on_server_side(std::string_view event, F handler) {
        if constexpr (std::is_invocable_v<F&, Args const&, ServerReply const&>) {
            add_server_side(event, std::move(handler));
        } else {
            add_server_side(event,
                            [handler = std::move(handler)](Args const& args, ServerReply const&) {
                                return handler(args);  // a coroutine is for ServerHandler to refuse
                            });
        }
        return *this;
    }

protected:
    ~HandlerRegistry() = default;
    /// @private For the library.
    std::shared_ptr<HandlerTable> table_;

private:
    HandlerTable& open();  // throws std::logic_error once frozen
    void add(std::string_view event, EventHandler handler);
    void add_server_side(std::string_view event, HandlerTable::ServerHandler handler);
    static EventHandler once_per_socket(EventHandler handler);
};

}  // namespace socketio
