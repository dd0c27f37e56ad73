#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace engineio {

/// What a coroutine returns that does not begin before somebody awaits it: its type says so by a
/// member `begins_when_awaited`.
template <class T>
concept LazyCoroutine = requires {
    typename std::remove_cvref_t<T>::begins_when_awaited;
};

template <class Signature>
class Callback;

/// A function of the application that is called and then done. Like std::function, but a coroutine
/// does not compile: std::function drops what it returns, so that it would never begin.
template <class... A>
class Callback<void(A...)> : public std::function<void(A...)> {
    using Base = std::function<void(A...)>;

public:
    Callback() = default;
    /// None.
    Callback(std::nullptr_t) {}
    /// From whatever can be called so.
    template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Callback> &&
             std::is_invocable_v<std::decay_t<F>&, A...>) Callback(F&& function)
        : Base(std::forward<F>(function)) {
        static_assert(!LazyCoroutine<std::invoke_result_t<std::decay_t<F>&, A...>>,
                      "this function can't be a coroutine, what it is given dies with the call: "
                      "let it call socketio::spawn() with a coroutine that takes values");
    }
};

}  // namespace engineio
