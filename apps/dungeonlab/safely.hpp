#pragma once

#include "apps/dungeonlab/game.hpp"
#include "engineio/guard.hpp"

#include <exception>
#include <string_view>
#include <utility>

namespace apps::dungeonlab {

/// A handler that answers in any case: what fails inside, a full disk for example, is logged
/// (seldom) and reaches the client as `{success: false}`, which would otherwise wait for nothing.
template <class C, class... A>
auto safely(Task<Json> (C::*method)(Socket&, A...), C* object) {
    return [method, object](Socket& socket, A... arguments) -> Task<Json> {
        try {
            auto task = (object->*method)(socket, std::move(arguments)...);
            co_return co_await std::move(task);
        } catch (std::exception const& error) {
            engineio::tell_threw("dungeonlab", "an event", error.what());
        }
        co_return failure("Internal server error");
    };
}

/// Registers events on a namespace, coroutines that answer safely.
class Events {
public:
    explicit Events(socketio::Namespace& nsp) : nsp_(nsp) {}

    template <class C, class... A>
    void operator()(std::string_view event, Task<Json> (C::*method)(Socket&, A...), C* object) {
        nsp_.on(event, safely(method, object));
    }
    template <class M, class C>
    void operator()(std::string_view event, M method, C* object) {
        nsp_.on(event, method, object);
    }

private:
    socketio::Namespace& nsp_;
};

}  // namespace apps::dungeonlab
