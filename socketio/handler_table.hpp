#pragma once

#include "socketio/disconnect_reason.hpp"
#include "socketio/handler.hpp"
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

/// Everything the application registered for one namespace. Written before listen(), read by all
/// shards afterwards without locks: registering later throws.
struct HandlerTable {
    using ConnectionHandler = std::function<void(Socket&)>;
    using DisconnectHandler =
        std::function<void(Socket&, DisconnectReason, std::string_view description)>;
    using EventListener = std::function<void(Socket&, Event const&)>;
    using ErrorHandler = std::function<void(Socket&, EventError const&)>;

    struct NameHash : std::hash<std::string_view> {
        using is_transparent = void;
    };

    bool frozen = false;
    std::vector<Middleware> middlewares;
    std::vector<EventMiddleware> event_middlewares;
    std::unordered_map<std::string, std::vector<EventHandler>, NameHash, std::equal_to<>> events;
    std::vector<EventListener> any;
    std::vector<EventListener> invalid;
    std::vector<ConnectionHandler> connection;
    std::vector<DisconnectHandler> disconnecting;
    std::vector<DisconnectHandler> disconnect;
    std::vector<ErrorHandler> error;
};

/// Registration of handlers: the common part of a namespace and of a family of dynamic namespaces.
/// All calls before Server::listen(); afterwards they throw std::logic_error. Handlers run on the
/// shard of the socket concerned; exceptions they throw are logged, and the socket lives.
class HandlerRegistry {
public:
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
    /// or `(Socket&, Event const&, Next)`. A refused event reaches on_error only.
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

    /// `(Socket&)`, once its CONNECT was answered; may be a coroutine.
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
    /// rooms.
    template <class F>
    HandlerRegistry& on_disconnecting(F handler) {
        open().disconnecting.push_back(leaver(std::move(handler)));
        return *this;
    }
    /// The same once it has left its rooms.
    template <class F>
    HandlerRegistry& on_disconnect(F handler) {
        open().disconnect.push_back(leaver(std::move(handler)));
        return *this;
    }

    /// `(Socket&, Event const&)` for every incoming event, before event middlewares.
    HandlerRegistry& on_any(HandlerTable::EventListener listener) {
        open().any.push_back(std::move(listener));
        return *this;
    }
    /// `(Socket&, InvalidEvent const&)` for events whose arguments do not fit their handler, which
    /// was not called. Without it they are counted and logged at debug level.
    HandlerRegistry& on_invalid(HandlerTable::EventListener listener) {
        open().invalid.push_back(std::move(listener));
        return *this;
    }
    /// `(Socket&, EventError const&)` for events refused by a middleware and undecodable packets.
    HandlerRegistry& on_error(HandlerTable::ErrorHandler handler) {
        open().error.push_back(std::move(handler));
        return *this;
    }

protected:
    ~HandlerRegistry() = default;
    std::shared_ptr<HandlerTable> table_;

private:
    HandlerTable& open();  // throws std::logic_error once frozen
    void add(std::string_view event, EventHandler handler);

    template <class F>
    static HandlerTable::DisconnectHandler leaver(F handler) {
        if constexpr (std::is_invocable_v<F&, Socket&, DisconnectReason, std::string_view>) {
            return handler;
        } else if constexpr (std::is_invocable_v<F&, Socket&, DisconnectReason>) {
            return [handler = std::move(handler)](Socket& socket, DisconnectReason reason,
                                                  std::string_view) mutable {
                handler(socket, reason);
            };
        } else {
            return [handler = std::move(handler)](Socket& socket, DisconnectReason,
                                                  std::string_view) mutable { handler(socket); };
        }
    }
};

}  // namespace socketio
