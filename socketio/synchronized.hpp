#pragma once

#include "engineio/net/result.hpp"
#include "socketio/task.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

namespace socketio {

namespace detail {
template <class R>
inline constexpr bool is_coroutine_result = false;
template <class R>
inline constexpr bool is_coroutine_result<Task<R>> = true;
}  // namespace detail

/// A value that several threads share: handlers of different shards, a game loop, a database
/// thread. It can be reached only through a function that is called with the lock held, so that
/// nobody forgets to take it or keeps a reference beyond it:
///
///     Synchronized<std::map<std::string, int>> scores;
///     int const total = scores.with([&](auto& map) { return ++map[name]; });
///
/// Keep the functions short: other shards wait meanwhile. Decide under the lock, emit after it.
/// with() inside with() of the same object would wait for itself for ever; it is an assertion
/// instead. Any thread.
template <class T>
class Synchronized {
public:
    Synchronized() = default;
    /// With a first value.
    explicit Synchronized(T value) : value_(std::move(value)) {}
    Synchronized(Synchronized const&) = delete;
    Synchronized& operator=(Synchronized const&) = delete;

    /// Calls `use(T&)` and returns its result, by value.
    template <class F>
    auto with(F&& use) {
        return locked(value_, std::forward<F>(use));
    }
    /// Calls `use(T const&)`.
    template <class F>
    auto with(F&& use) const {
        return locked(value_, std::forward<F>(use));
    }

private:
    template <class V, class F>
    auto locked(V& value, F&& use) const {
        using Result = std::invoke_result_t<F, V&>;
        static_assert(!std::is_reference_v<Result> && !std::is_pointer_v<Result>,
                      "what with() returns must not point into the value: the lock is gone then");
        static_assert(!detail::is_coroutine_result<Result>,
                      "a coroutine must not run under the lock: it would hold it while it waits");
        Holder const holder(*this);
        return std::invoke(std::forward<F>(use), value);
    }

    class Holder {
    public:
        explicit Holder(Synchronized const& owner) : owner_(owner) {
            auto const self = std::this_thread::get_id();
            SIO_ASSERT(owner.holder_.load(std::memory_order_relaxed) != self);
            owner.mutex_.lock();
            owner.holder_.store(self, std::memory_order_relaxed);
        }
        ~Holder() {
            owner_.holder_.store(std::thread::id(), std::memory_order_relaxed);
            owner_.mutex_.unlock();
        }
        Holder(Holder const&) = delete;
        Holder& operator=(Holder const&) = delete;

    private:
        Synchronized const& owner_;
    };

    mutable std::mutex mutex_;  // guards value_
    mutable std::atomic<std::thread::id> holder_{};
    T value_{};
};

}  // namespace socketio
