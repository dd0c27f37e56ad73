#pragma once

#include "apps/common/later.hpp"
#include "apps/common/unavailable.hpp"
#include "engineio/net/seldom.hpp"
#include "engineio/net/unique_function.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>

namespace apps::common {

/// A thread for what takes a processor for long, as hashing a password: no shard may do that. Jobs
/// run one after the other, so that a flood of logins takes one core at most. Owned by wiring,
/// ended after the shards.
class Worker {
public:
    static constexpr std::size_t max_waiting = 256;  ///< more are refused

    struct Overloaded final : std::runtime_error, Unavailable {
        Overloaded() : std::runtime_error("too much work is waiting") {}
    };

    Worker();
    ~Worker();  ///< drops what waits
    Worker(Worker const&) = delete;
    Worker& operator=(Worker const&) = delete;

    /// Runs `work()` and comes back with its result, or throws what it threw, or Overloaded. Only
    /// on a shard's thread; what `work` captures must live by itself, and it must have a name.
    template <class F>
    auto ask(F&& work) {
        using R = std::invoke_result_t<F&>;
        static_assert(!std::is_void_v<R>);
        assert_named<F>();
        Later<R> later;
        auto const resolve = later.resolver();
        bool const taken = push([work = std::decay_t<F>(std::forward<F>(work)), resolve]() mutable {
            Outcome<R> outcome;
            try {
                outcome.value.emplace(work());
            } catch (...) {
                outcome.error = std::current_exception();
            }
            resolve(std::move(outcome));
        });
        if (!taken) {
            throw Overloaded();
        }
        return later;
    }

private:
    bool push(engineio::net::UniqueFunction job);
    void work();

    std::mutex mutex_;  // guards what follows, but the thread
    std::condition_variable added_;
    std::deque<engineio::net::UniqueFunction> jobs_;
    engineio::net::Seldom overload_;  // told of it
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace apps::common
