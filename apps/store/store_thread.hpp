#pragma once

#include "apps/common/later.hpp"
#include "apps/store/database.hpp"
#include "apps/store/store_job.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace apps::store {

/// The database of the process on a thread of its own, so that no shard waits for a disk. Jobs run
/// one after the other in the order they were given; those that wait together share a transaction,
/// and each is told only after its commit. A job that throws leaves no trace and harms no other.
///
/// Two ways to change what is kept. `ask` works in the database itself and answers with the
/// outcome. A system that has its state in memory changes that and `tell`s the store, both under
/// its lock, so that the order is the same here and there:
///
///     store.require();                        // or accepts(): refuses before the change
///     auto kept = rules.with([&](Rules& rules) {
///         StoreThread::Together change(store);
///         rules.change(…);                              // calls store.tell(…)
///         store.after([=] { endpoint.to(room).send(…); });  // heard in the order of the changes
///         return change.kept();
///     });
///     co_await kept;                                    // then the answer
///
/// When a transaction with something told in it fails because of the storage (locked, full,
/// broken), what was told is kept and tried again every `retry_pause`, before anything told later,
/// until it is on the disk or the store is stopped, which tries a last time and logs how much is
/// lost. Meanwhile accepts() is false, so that memory does not run further ahead, and kept()
/// throws. `ask` goes on with what can be had (a full disk can be read), without what waits, which
/// nobody was told of.
///
/// Owned by wiring: made before the systems, stopped after the shards have ended and before the
/// systems go away. All calls but start() and stop() may come from any thread.
class StoreThread {
public:
    static constexpr std::size_t max_waiting = 10'000;  ///< jobs; more are refused as overloaded
    static constexpr std::size_t max_batch = 256;       ///< jobs in one transaction
    static constexpr std::chrono::minutes outage_log_interval{1};

    struct Waits {
        std::chrono::milliseconds patience = Database::default_patience;  ///< see Database
        std::chrono::milliseconds retry_pause{1000};
    };

    /// Opens the database (":memory:" for one without file). Throws StoreError.
    explicit StoreThread(std::string const& path) : StoreThread(path, Waits()) {}
    StoreThread(std::string const& path, Waits waits);
    ~StoreThread();
    StoreThread(StoreThread const&) = delete;
    StoreThread& operator=(StoreThread const&) = delete;

    /// For migrations and loading, before start() only.
    Database& database() { return database_; }

    void start();
    /// Does what waits, then ends the thread. Later jobs are refused as closed. With a database
    /// that cannot be written this takes as long as that waits for another process, four times at
    /// most: for what is under way and what waits, once more each at the end. After hurry() it
    /// waits for none.
    void stop();
    /// For a process that has to end at once: what cannot be written now is given up, see
    /// Database::hurry().
    void hurry() { database_.hurry(); }

    /// Runs `work(Database&)` and comes back with its result, or throws what it threw or the
    /// StoreError of its transaction: `auto user = co_await store.ask(…);`. Only on a
    /// shard's thread; what `work` captures must live by itself, and `work` must have a name.
    template <class F>
    auto ask(F&& work) {
        using R = std::invoke_result_t<F&, Database&>;
        common::assert_named<F>();
        common::Later<R> later;
        add<R>(Kind::ask, std::decay_t<F>(std::forward<F>(work)), later.resolver());
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
            if (!outcome.error) {
                guarded([&] { announce(std::as_const(*outcome.value)); });
            }
            resolve(std::move(outcome));
        };
        add<R>(Kind::ask, std::decay_t<F>(std::forward<F>(work)), std::move(done));
        return later;
    }

    /// Runs `work(Database&)` some time, and again if the storage fails; what it throws for other
    /// reasons is logged as a failure of `what`. Never refused for their number, as the change is
    /// made already: accepts() was to be asked before.
    template <class F>
    void tell(char const* what, F work) {
        static_assert(std::is_invocable_v<F const&, Database&>, "the work may run twice");
        add<void>(Kind::tell, std::move(work), [what](common::Outcome<void> outcome) {
            if (outcome.error) {
                report(what, outcome.error);
            }
        });
    }

    /// Runs `work(Database&)`, and again as long as it returns true, each time behind what others
    /// have asked for meanwhile: for what takes long and can be done in pieces, whose traces in the
    /// tables let it go on another time. Then `ended(true)`, or `ended(false)` after an error,
    /// which is logged as a failure of `what`, or because the store stops; on the database's
    /// thread, or the caller's if it is refused.
    template <class F, class E>
    void in_pieces(char const* what, F work, E ended) {
        static_assert(std::is_invocable_r_v<bool, F const&, Database&>, "runs many times");
        auto next = [this, what, work, ended](common::Outcome<bool> outcome) {
            if (!outcome.error && *outcome.value) {
                in_pieces(what, work, ended);
                return;
            }
            report_unless_closed(what, outcome.error);
            ended(!outcome.error);
        };
        add<bool>(Kind::ask, work, std::move(next));
    }

    /// Runs `announce()` on the database's thread when all that was told before is on the disk,
    /// before anything of a later job; never, if the store has to stop without. `announce` may take
    /// the lock under which it was given.
    template <class F>
    void after(F announce) {
        add<void>(Kind::after, nothing,
                  [announce = std::move(announce)](common::Outcome<void> outcome) mutable {
                      if (!outcome.error) {
                          guarded(announce);
                      }
                  });
    }

    /// `co_await store.kept();` goes on when all that was told before is on the disk, and throws
    /// StoreUnavailable if that has to wait longer than the database waits for another process.
    /// Then it is not known whether it will be kept. Only on a shard's thread.
    common::Later<void> kept() {
        common::Later<void> later;
        add<void>(Kind::kept, nothing, later.resolver());
        return later;
    }

    /// While it lives, what its thread tells this store, and what is to be run after, is gathered:
    /// a change that is kept wholly or not at all, even if the process is killed, and is not
    /// announced if one part of it fails. To be ended under the lock of the change.
    class Together {
    public:
        explicit Together(StoreThread& store)
            : store_(store), outer_(std::exchange(current_, this)) {}
        ~Together();
        Together(Together const&) = delete;
        Together& operator=(Together const&) = delete;

        /// As the store's, of this change: throws also what a part of it threw. Once at most.
        common::Later<void> kept();

    private:
        friend class StoreThread;
        static thread_local Together* current_;

        StoreThread& store_;
        Together* const outer_;
        std::vector<StoreJobPtr> jobs_;
        detail::JointJob::Done done_;
    };

    /// Whether changes can be told now. If not, systems refuse them as something to try later.
    bool accepts() const;
    /// Throws StoreUnavailable with the reason unless accepts().
    void require() const;

    /// Runs `work(Database&)` and blocks until it is done. Never on a shard's thread.
    template <class F>
    auto wait(F work) {
        using R = std::invoke_result_t<F&, Database&>;
        std::promise<common::Outcome<R>> promise;
        auto future = promise.get_future();
        add<R>(Kind::ask, std::move(work),
               [&promise](common::Outcome<R> outcome) { promise.set_value(std::move(outcome)); });
        return future.get().take();
    }

private:
    using Kind = StoreJob::Kind;
    using Jobs = std::vector<StoreJobPtr>;
    using Clock = std::chrono::steady_clock;

    static void nothing(Database&) {}
    template <class R, class F, class Done>
    void add(Kind kind, F work, Done done) {
        using Job = detail::TypedJob<R, std::decay_t<F>, Done>;
        push(std::make_unique<Job>(kind, std::move(work), std::move(done)));
    }
    template <class F>
    static void guarded(F&& announce) {
        try {
            announce();
        } catch (...) {
            report("announcement", std::current_exception());
        }
    }

    struct Outage {
        StoreError::Kind kind;
        std::string reason;
    };

    void push(StoreJobPtr job);
    std::exception_ptr refusal(Kind kind) const;
    std::exception_ptr not_kept() const;

    // The thread's.
    void work();
    bool take(Jobs& jobs);
    void run(Jobs jobs);
    std::size_t run_some(std::span<StoreJobPtr> jobs, bool last);
    Jobs set_aside(std::span<StoreJobPtr> jobs);
    void begin_outage(std::exception_ptr const& error);
    void retry();
    void end_outage();
    void report_lost() const;
    static void report(char const* what, std::exception_ptr const& error);
    static void report_unless_closed(char const* what, std::exception_ptr const& error);

    Database database_;
    std::chrono::milliseconds const retry_pause_;
    Jobs kept_;                   // the thread's: told, but not yet on the disk
    Clock::time_point next_try_;  // of these
    Clock::time_point next_report_;
    mutable std::mutex mutex_;  // guards what follows; the thread alone changes outage_
    std::condition_variable added_;
    Jobs jobs_;
    std::optional<Outage> outage_;  // why something is in kept_
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace apps::store
