#pragma once

#include "apps/dungeonlab/game.hpp"
#include "engineio/guard.hpp"

#include <concepts>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace apps::dungeonlab {

/// `{success: false, error}` in the form of an event's answer.
template <class R>
R failure_as(std::string const& message) {
    if constexpr (std::same_as<R, Json>) {
        return failure(message);
    } else {
        return R{false, message};
    }
}

/// A handler that answers in any case: what fails inside, a full disk for example, is logged
/// (seldom) and reaches the client as `{success: false}`, which would otherwise wait for nothing.
template <class R, class C, class... A>
auto safely(Task<R> (C::*method)(Socket&, A...), C* object) {
    return [method, object](Socket& socket, A... arguments) -> Task<R> {
        try {
            auto task = (object->*method)(socket, std::move(arguments)...);
            co_return co_await std::move(task);
        } catch (std::exception const& error) {
            engineio::tell_threw("dungeonlab", "an event", error.what());
        }
        co_return failure_as<R>("Internal server error");
    };
}

/// The same for what costs much: one of a person goes after the other, in the order they came, and
/// those of a socket that has gone are not begun.
template <class R, class C, class... A>
auto in_turn(Task<R> (C::*method)(Socket&, A...), C* object) {
    return [work = safely(method, object)](Socket& socket, A... arguments) -> Task<R> {
        auto waiting = Game::turn_of(socket);
        auto const ticket = co_await std::move(waiting);
        if (!ticket) {
            co_return failure_as<R>("Not connected");  // nobody hears it
        }
        auto task = work(socket, std::move(arguments)...);
        co_return co_await std::move(task);
    };
}

/// Registers events on a namespace, coroutines that answer safely.
class Events {
public:
    explicit Events(socketio::Namespace& nsp) : nsp_(nsp) {}

    template <class R, class C, class... A>
    requires(!std::is_void_v<R>) void operator()(std::string_view event,
                                                 Task<R> (C::*method)(Socket&, A...), C* object) {
        nsp_.on(event, safely(method, object));
    }
    template <class R, class C, class... A>
    void in_turn(std::string_view event, Task<R> (C::*method)(Socket&, A...), C* object) {
        nsp_.on(event, dungeonlab::in_turn(method, object));
    }
    template <class M, class C>
    void operator()(std::string_view event, M method, C* object) {
        nsp_.on(event, method, object);
    }

private:
    socketio::Namespace& nsp_;
};

}  // namespace apps::dungeonlab
