#pragma once

#include "apps/store/database.hpp"
#include "engineio/net/result.hpp"
#include "engineio/net/shard.hpp"

#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace apps::store {

/// One piece of work for the database's thread.
class StoreJob {
public:
    virtual ~StoreJob() = default;
    virtual void run(Database& database) = 0;
    /// After the commit, or with the reason why there was none. Exactly once.
    virtual void finish(std::exception_ptr error) = 0;
};

namespace detail {

template <class R>
using Stored = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

/// A value or the exception in its place.
template <class R>
struct Outcome {
    std::optional<Stored<R>> value;
    std::exception_ptr error;

    R take() {
        if (error) {
            std::rethrow_exception(error);
        }
        if constexpr (!std::is_void_v<R>) {
            return std::move(*value);
        }
    }
};

/// Runs `work` and hands its outcome to `done`, both once, on the database's thread.
template <class R, class F, class Done>
class TypedJob final : public StoreJob {
public:
    TypedJob(F work, Done done) : work_(std::move(work)), done_(std::move(done)) {}

    void run(Database& database) override {
        if constexpr (std::is_void_v<R>) {
            work_(database);
            outcome_.value.emplace();
        } else {
            outcome_.value.emplace(work_(database));
        }
    }
    void finish(std::exception_ptr error) override {
        outcome_.error = std::move(error);
        done_(std::move(outcome_));
    }

private:
    F work_;
    Done done_;
    Outcome<R> outcome_;
};

template <class R>
struct Waiting {
    std::optional<Outcome<R>> outcome;
    std::coroutine_handle<> handle;
};

}  // namespace detail

/// What StoreThread::ask returns: `co_await` gives the work's result or throws what it threw, or
/// the StoreError of the transaction. The work has been queued already; dropping this drops only
/// the answer. Stays on the shard that asked.
template <class R>
class [[nodiscard]] StoreReply {
public:
    explicit StoreReply(std::shared_ptr<detail::Waiting<R>> state) : state_(std::move(state)) {}
    StoreReply(StoreReply&&) noexcept = default;
    StoreReply& operator=(StoreReply&&) noexcept = default;
    ~StoreReply() {
        if (state_) {
            state_->handle = nullptr;  // the coroutine is being destroyed: nobody to resume
        }
    }

    bool await_ready() const noexcept { return state_->outcome.has_value(); }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { state_->handle = waiting; }
    R await_resume() { return state_->outcome->take(); }

private:
    std::shared_ptr<detail::Waiting<R>> state_;
};

/// The database of the process on a thread of its own, so that no shard waits for a disk. Jobs run
/// one after the other in the order they were given; those that wait together share a transaction,
/// and each is told only after its commit. A job that throws leaves no trace and harms no other.
///
/// Owned by wiring: made before the systems, stopped after the shards have ended. All calls but
/// start() and stop() may come from any thread.
class StoreThread {
public:
    static constexpr std::size_t max_waiting = 10'000;  ///< jobs; more are refused as overloaded
    static constexpr std::size_t max_batch = 256;       ///< jobs in one transaction

    /// Opens the database (":memory:" for one without file). Throws StoreError.
    explicit StoreThread(std::string const& path);
    ~StoreThread();
    StoreThread(StoreThread const&) = delete;
    StoreThread& operator=(StoreThread const&) = delete;

    /// For migrations and loading, before start() only.
    Database& database() { return database_; }

    void start();
    /// Does what waits, then ends the thread. Later jobs are refused as closed.
    void stop();

    /// Runs `work(Database&)` and comes back: `auto user = co_await store.ask(…);`. Only on a
    /// shard's thread; what `work` captures must live by itself.
    template <class F>
    auto ask(F work) {
        using R = std::invoke_result_t<F&, Database&>;
        auto* const shard = engineio::net::Shard::current();
        SIO_ASSERT(shard != nullptr);
        auto state = std::make_shared<detail::Waiting<R>>();
        add<R>(std::move(work), [shard, state](detail::Outcome<R> outcome) {
            shard->post([state, outcome = std::move(outcome)]() mutable {
                state->outcome = std::move(outcome);
                if (auto const handle = std::exchange(state->handle, nullptr)) {
                    handle.resume();
                }
            });
        });
        return StoreReply<R>(std::move(state));
    }

    /// Runs `work(Database&)` some time; a failure is logged as that of `what`.
    template <class F>
    void tell(char const* what, F work) {
        add<void>(std::move(work), [what](detail::Outcome<void> outcome) {
            if (outcome.error) {
                report(what, outcome.error);
            }
        });
    }

    /// Runs `work(Database&)` and blocks until it is done. Never on a shard's thread.
    template <class F>
    auto wait(F work) {
        using R = std::invoke_result_t<F&, Database&>;
        std::promise<detail::Outcome<R>> promise;
        auto future = promise.get_future();
        add<R>(std::move(work),
               [&promise](detail::Outcome<R> outcome) { promise.set_value(std::move(outcome)); });
        return future.get().take();
    }

private:
    using Jobs = std::vector<std::unique_ptr<StoreJob>>;

    template <class R, class F, class Done>
    void add(F work, Done done) {
        push(std::make_unique<detail::TypedJob<R, F, Done>>(std::move(work), std::move(done)));
    }
    void push(std::unique_ptr<StoreJob> job);
    void work();
    void run_batch(Jobs& jobs);
    static void report(char const* what, std::exception_ptr const& error);

    Database database_;
    std::mutex mutex_;  // guards jobs_ and stopping_
    std::condition_variable added_;
    Jobs jobs_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace apps::store
