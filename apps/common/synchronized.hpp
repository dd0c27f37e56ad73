#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace apps::common {

/// State of one system that handlers on several shards use. The value is reachable only inside the
/// function given to `with`, so no handler can keep a reference past the lock. The owner is the
/// system's object that wiring.cpp makes; it outlives the server.
///
/// Do not emit inside `with`: an emit may close a slow socket, whose disconnect handler comes back
/// to the same lock. Let the function return what is to be sent and send it afterwards.
template <typename T>
class Synchronized {
public:
    template <typename... Args>
    explicit Synchronized(Args&&... args) : value_(std::forward<Args>(args)...) {}

    Synchronized(Synchronized const&) = delete;
    Synchronized& operator=(Synchronized const&) = delete;

    /// Runs `use(value)` under the lock and hands back its result, by value.
    template <typename F>
    auto with(F&& use) -> std::decay_t<std::invoke_result_t<F, T&>> {
        std::lock_guard const lock(mutex_);
        return std::invoke(std::forward<F>(use), value_);
    }

private:
    std::mutex mutex_;  // guards value_
    T value_;
};

}  // namespace apps::common
