#pragma once

#include "apps/common/later.hpp"
#include "apps/store/database.hpp"

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
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
    common::Outcome<R> outcome_;
};

}  // namespace detail

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

    /// Runs `work(Database&)` and comes back with its result, or throws what it threw or the
    /// StoreError of its transaction: `auto user = co_await store.ask(…);`. Only on a
    /// shard's thread; what `work` captures must live by itself, and `work` must have a name.
    template <class F>
    auto ask(F&& work) {
        using R = std::invoke_result_t<F&, Database&>;
        common::assert_named<F>();
        common::Later<R> later;
        add<R>(std::decay_t<F>(std::forward<F>(work)), later.resolver());
        return later;
    }

    /// The same; `announce(result)` runs on the database's thread right after the commit, before
    /// anything of a later job: what is emitted there is heard in the order of the changes.
    template <class F, class A>
    auto ask(F&& work, A&& announce) {
        using R = std::invoke_result_t<F&, Database&>;
        common::assert_named<F>();
        common::assert_named<A>();
        common::Later<R> later;
        auto done = [announce = std::decay_t<A>(std::forward<A>(announce)),
                     resolve = later.resolver()](common::Outcome<R> outcome) mutable {
            try {
                if (!outcome.error) {
                    announce(std::as_const(*outcome.value));
                }
            } catch (...) {
                report("announcement", std::current_exception());
            }
            resolve(std::move(outcome));
        };
        add<R>(std::decay_t<F>(std::forward<F>(work)), std::move(done));
        return later;
    }

    /// Runs `work(Database&)` some time; a failure is logged as that of `what`.
    template <class F>
    void tell(char const* what, F work) {
        add<void>(std::move(work), [what](common::Outcome<void> outcome) {
            if (outcome.error) {
                report(what, outcome.error);
            }
        });
    }

    /// Runs `work(Database&)` and blocks until it is done. Never on a shard's thread.
    template <class F>
    auto wait(F work) {
        using R = std::invoke_result_t<F&, Database&>;
        std::promise<common::Outcome<R>> promise;
        auto future = promise.get_future();
        add<R>(std::move(work),
               [&promise](common::Outcome<R> outcome) { promise.set_value(std::move(outcome)); });
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
