#pragma once

#include "socketio/disconnect_reason.hpp"
#include "socketio/handler.hpp"
#include "socketio/middleware.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace socketio {

using DisconnectHandler =
    engineio::Callback<void(Socket&, DisconnectReason, std::string_view description)>;
using ErrorHandler = engineio::Callback<void(Socket&, EventError const&)>;

/// Names one registration on a socket, for Socket::off and its kin; never used twice by a socket.
enum class ListenerId : std::uint64_t {};

namespace detail {

struct NameHash : std::hash<std::string_view> {
    using is_transparent = void;
};

/// Calls it in the form that it has.
template <class F>
decltype(auto) call_disconnect_handler(F& handler, Socket& socket, DisconnectReason reason,
                                       std::string_view description) {
    if constexpr (std::is_invocable_v<F&, Socket&, DisconnectReason, std::string_view>) {
        return handler(socket, reason, description);
    } else if constexpr (std::is_invocable_v<F&, Socket&, DisconnectReason>) {
        return handler(socket, reason);
    } else {
        static_assert(std::is_invocable_v<F&, Socket&>,
                      "a disconnect handler takes (Socket&), then optionally DisconnectReason and "
                      "std::string_view");
        return handler(socket);
    }
}

/// From `(Socket&[, DisconnectReason[, std::string_view description]])`, or such a coroutine
/// without the description.
template <class F>
DisconnectHandler make_disconnect_handler(F handler) {
    using R = decltype(call_disconnect_handler(handler, std::declval<Socket&>(), {}, {}));
    if constexpr (TaskResult<R>::is_task) {
        static_assert(takes_values<F>,
                      "a disconnect handler that is a coroutine takes (Socket&) or (Socket&, "
                      "DisconnectReason), by value: references and views would dangle after the "
                      "first co_await");
        // Those of a socket are dropped as soon as it has left.
        auto const kept = std::make_shared<F>(std::move(handler));
        return [kept](Socket& socket, DisconnectReason reason, std::string_view description) {
            spawn(finish(SocketPtr(&socket), nullptr,
                         call_disconnect_handler(*kept, socket, reason, description), kept));
        };
    } else {
        return [handler = std::move(handler)](Socket& socket, DisconnectReason reason,
                                              std::string_view description) mutable {
            call_disconnect_handler(handler, socket, reason, description);
        };
    }
}

}  // namespace detail

/// One kind of listeners of one socket, in the order in which they run. Entries are shared, because
/// a listener may take itself off while it runs, and a coroutine outlives its entry.
template <class F>
class ListenerList {
public:
    struct Entry {
        ListenerId id;
        F call;
        bool once = false;
    };
    using Ptr = std::shared_ptr<Entry const>;

    void append(Entry entry) {
        entries_.push_back(std::make_shared<Entry const>(std::move(entry)));
    }
    void prepend(Entry entry) {
        entries_.insert(entries_.begin(), std::make_shared<Entry const>(std::move(entry)));
    }
    /// Null if there is none. Given back, for what a listener has captured may call its socket when
    /// it goes: it should go when nobody is at work on the list.
    [[nodiscard]] Ptr remove(ListenerId id) {
        auto const found = std::find_if(entries_.begin(), entries_.end(),
                                        [id](Ptr const& entry) { return entry->id == id; });
        if (found == entries_.end()) {
            return nullptr;
        }
        Ptr entry = std::move(*found);
        entries_.erase(found);
        return entry;
    }
    /// Likewise.
    [[nodiscard]] std::vector<Ptr> remove_all() { return std::exchange(entries_, {}); }
    bool empty() const { return entries_.empty(); }
    /// The present ones: those that are added or removed by a call do not change this round.
    std::vector<Ptr> snapshot() const { return entries_; }
    std::vector<ListenerId> ids() const {
        std::vector<ListenerId> ids;
        std::transform(entries_.begin(), entries_.end(), std::back_inserter(ids),
                       [](Ptr const& entry) { return entry->id; });
        return ids;
    }

private:
    std::vector<Ptr> entries_;
};

/// What one socket listens to beyond the table of its namespace: the side table behind Socket::on.
/// Made at the first registration, so that other sockets pay one pointer; dropped when the socket
/// has left, so that captured SocketPtrs make no cycle.
struct SocketListeners {
    using EventList = ListenerList<EventHandler>;

    std::unordered_map<std::string, EventList, detail::NameHash, std::equal_to<>> events;
    ListenerList<EventMiddleware> middlewares;
    ListenerList<EventListener> any;
    ListenerList<EventListener> any_outgoing;
    ListenerList<DisconnectHandler> disconnecting;
    ListenerList<DisconnectHandler> disconnect;
    ListenerList<ErrorHandler> error;
    std::vector<void const*> fired;  ///< handlers of Namespace::once that this socket has used up
    std::uint64_t last_id = 0;
};

}  // namespace socketio
