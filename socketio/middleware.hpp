#pragma once

// The three ways to write a middleware, made one: a result, a coroutine, or a `next` to be called
// later.

#include "socketio/ack.hpp"
#include "socketio/handler.hpp"
#include "socketio/task.hpp"

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace socketio {

/// Passes (no error) or refuses; the first call counts. On the socket's shard.
using Next = std::function<void(std::optional<ConnectError>)>;

/// What a middleware decides, on the socket's shard: `return {}` passes, `return
/// ConnectError{"why"}` refuses.
using Admission = Result<void, ConnectError>;

using Middleware = std::function<void(SocketPtr const&, Next)>;

/// An event on its way to its handlers, as its middlewares get it.
struct HeldEvent {
    /// What it is at this moment.
    Event event;
    /// `[name, arguments...]`, Node's `packet`: what a middleware writes here, the next ones and
    /// the handlers get.
    Json::Array& packet;
};
using EventMiddleware = std::function<void(SocketPtr const&, HeldEvent const&, Next)>;

namespace detail {

inline void decide(Next const& next, Admission const& admission) {
    next(admission ? std::nullopt : std::optional(admission.error()));
}

/// What a client hears of an exception in a middleware.
inline ConnectError middleware_failure() {
    return {"Internal server error", std::nullopt};
}

inline Task<void> decide_later(SocketPtr keep, Next next, Task<Admission> task, bool counts) {
    std::optional<Unfinished> counted;
    if (counts) {
        counted.emplace(*keep, 0);  // auth payloads have a limit of their own
    }
    Task<Admission> running = std::move(task);  // goes before what it refers to, as in finish()
    try {
        decide(next, co_await std::move(running));
    } catch (...) {
        next(middleware_failure());
        throw;  // to be logged and counted
    }
}

/// Calls `function(args...)` in whichever form it has and lets `next` hear the outcome.
template <class F, class... A>
void run_middleware(F& function, SocketPtr const& socket, Next next, A&... args) {
    if constexpr (std::is_invocable_v<F&, Socket&, A&..., Next>) {
        static_assert(
            !TaskResult<std::invoke_result_t<F&, Socket&, A&..., Next>>::is_task,
            "a middleware that is a coroutine returns Task<Admission> instead of taking Next");
        std::invoke(function, *socket, args..., std::move(next));
    } else {
        static_assert(std::is_invocable_v<F&, Socket&, A&...>,
                      "a middleware takes (Socket&), for events (Socket&, Event const&) or "
                      "(Socket&, Json::Array& packet), and optionally Next as last parameter");
        using R = std::invoke_result_t<F&, Socket&, A&...>;
        if constexpr (TaskResult<R>::is_task) {
            static_assert(std::is_same_v<R, Task<Admission>>,
                          "a middleware that is a coroutine returns Task<Admission>");
            // An event that waits is counted itself, whoever keeps its `next`.
            constexpr bool counts = sizeof...(A) == 0;
            spawn(decide_later(socket, std::move(next), std::invoke(function, *socket, args...),
                               counts));
        } else if constexpr (std::is_void_v<R>) {
            std::invoke(function, *socket, args...);
            next(std::nullopt);
        } else {
            decide(next, std::invoke(function, *socket, args...));
        }
    }
}

}  // namespace detail

template <class F>
Middleware make_middleware(F function) {
    return [function = std::move(function)](SocketPtr const& socket, Next next) mutable {
        detail::run_middleware(function, socket, std::move(next));
    };
}

template <class F>
EventMiddleware make_event_middleware(F function) {
    return [function = std::move(function)](SocketPtr const& socket, HeldEvent const& held,
                                            Next next) mutable {
        using Packet = Json::Array;
        if constexpr (std::is_invocable_v<F&, Socket&, Packet&> ||
                      std::is_invocable_v<F&, Socket&, Packet&, Next>) {
            detail::run_middleware(function, socket, std::move(next), held.packet);
        } else {
            detail::run_middleware(function, socket, std::move(next), held.event);
        }
    };
}

}  // namespace socketio
