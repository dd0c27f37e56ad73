#include "socketio/task.hpp"

#include "engineio/guard.hpp"
#include "engineio/net/result.hpp"

namespace socketio {

namespace {

// The frame around a spawned task. Roots are linked per thread so that those still suspended at
// the end of the shard can be found and destroyed; nothing else owns them.
struct Root {
    struct promise_type {
        Root get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        promise_type();
        ~promise_type();
        promise_type(promise_type const&) = delete;
        promise_type& operator=(promise_type const&) = delete;
        std::suspend_always initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept {}

        promise_type* previous = nullptr;
        promise_type* next = nullptr;
    };
    std::coroutine_handle<promise_type> handle;
};

thread_local Root::promise_type* roots = nullptr;

Root::promise_type::promise_type() : next(roots) {
    if (next) {
        next->previous = this;
    }
    roots = this;
}

Root::promise_type::~promise_type() {
    (previous ? previous->next : roots) = next;
    if (next) {
        next->previous = previous;
    }
}

void report(std::exception_ptr error) {
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& e) {
        engineio::tell_threw("socketio", "a coroutine", e.what());
    } catch (...) {
        engineio::tell_threw("socketio", "a coroutine", {});
    }
}

Root run(Task<void> task) {
    try {
        co_await std::move(task);
    } catch (...) {
        report(std::current_exception());
    }
}

}  // namespace

void spawn(Task<void> task) {
    SIO_ASSERT(engineio::net::Shard::current() != nullptr);
    run(std::move(task)).handle.resume();
}

std::size_t spawned_count() {
    std::size_t count = 0;
    for (auto const* root = roots; root; root = root->next) {
        ++count;
    }
    return count;
}

void destroy_spawned() {
    while (roots) {
        std::coroutine_handle<Root::promise_type>::from_promise(*roots).destroy();
    }
}

struct sleep_for::Pending {
    engineio::net::OneShot timer;
};

sleep_for::sleep_for(std::chrono::milliseconds duration) : duration_(duration) {}

sleep_for::~sleep_for() = default;

void sleep_for::await_suspend(std::coroutine_handle<> waiting) {
    auto* shard = engineio::net::Shard::current();
    SIO_ASSERT(shard != nullptr);
    pending_ = std::make_unique<Pending>();
    pending_->timer = shard->timers().after(duration_, [waiting] { waiting.resume(); });
}

}  // namespace socketio
