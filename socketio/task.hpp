#pragma once

// Coroutines for handlers: `Task<T>` is lazy, runs on the shard of the socket whose event started
// it, and comes back to that shard after every co_await of what this library offers to wait for; an
// awaitable of one's own has to post() its resuming there. An exception that leaves a detached task
// is logged and counted like one that leaves an ordinary handler.

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace socketio {

template <class T = void>
class Task;

namespace detail {

struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
        auto const waiting = self.promise().continuation;
        return waiting ? waiting : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
};

struct PromiseBase {
    std::suspend_always initial_suspend() const noexcept { return {}; }
    FinalAwaiter final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { error = std::current_exception(); }

    std::coroutine_handle<> continuation;
    std::exception_ptr error;
};

template <class T>
struct Promise : PromiseBase {
    Task<T> get_return_object();
    template <class U>
    void return_value(U&& result) {
        value.emplace(std::forward<U>(result));
    }
    T take() {
        if (error) {
            std::rethrow_exception(error);
        }
        return std::move(*value);
    }
    std::optional<T> value;
};

template <>
struct Promise<void> : PromiseBase {
    Task<void> get_return_object();
    void return_void() const noexcept {}
    void take() const {
        if (error) {
            std::rethrow_exception(error);
        }
    }
};

}  // namespace detail

/// The result of a coroutine. Owns the suspended frame; destroying it destroys the frame. Await it
/// once, or give it to spawn().
template <class T>
class [[nodiscard]] Task {
public:
    /// @private For the compiler.
    using promise_type = detail::Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;
    /// @private For engineio::Callback.
    using begins_when_awaited = void;

    /// @private For the compiler.
    explicit Task(Handle handle) : handle_(handle) {}
    /// The moved-from one is empty.
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Task() {
        if (handle_) {
            handle_.destroy();
        }
    }

    auto operator co_await() && noexcept {
        struct Awaiter {
            Handle handle;
            bool await_ready() const noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) noexcept {
                handle.promise().continuation = waiting;
                return handle;
            }
            T await_resume() { return handle.promise().take(); }
        };
        return Awaiter{handle_};
    }

private:
    Handle handle_;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() {
    return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
    return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace detail

/// Runs `task` detached, up to its first suspension at once. Whatever is still suspended when the
/// shard's thread ends is destroyed there. Only on a shard's thread.
void spawn(Task<void> task);

/// Detached tasks of this thread that are still suspended.
std::size_t spawned_count();

/// Destroys all detached tasks of this thread; the server calls it when a shard ends.
void destroy_spawned();

/// `co_await sleep_for(50ms)`: comes back on the same shard, at the earliest after `duration`.
/// Only on a shard's thread.
class sleep_for {
public:
    /// A negative duration counts as zero.
    explicit sleep_for(std::chrono::milliseconds duration);
    ~sleep_for();
    sleep_for(sleep_for const&) = delete;
    sleep_for& operator=(sleep_for const&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting);
    void await_resume() const noexcept {}

private:
    struct Pending;
    std::chrono::milliseconds duration_;
    std::unique_ptr<Pending> pending_;
};

}  // namespace socketio
