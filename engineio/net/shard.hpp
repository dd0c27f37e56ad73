#pragma once

#include "engineio/net/backlog.hpp"
#include "engineio/net/metrics.hpp"
#include "engineio/net/seldom.hpp"
#include "engineio/net/task_queue.hpp"
#include "engineio/net/timer_wheel.hpp"
#include "engineio/net/turn_compression.hpp"
#include "engineio/net/unique_function.hpp"

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace engineio::net {

/// Something that collects output during a turn and writes it when the turn closes.
class Flushable {
public:
    /// Writes what was collected.
    virtual void flush() = 0;
    /// The same in the middle of a turn, for one that has asked for it.
    virtual void relieve() { flush(); }

protected:
    virtual ~Flushable() = default;

private:
    friend class Shard;
    bool dirty_ = false;
    bool urgent_ = false;
};

/// A shard is one thread's world: its clock, timers, tasks and everything that must be written at
/// the end of the current turn. It knows no sockets: a driver (IoShard) or a test enters turns and
/// passes the time. Nothing in it is locked except the queue of tasks posted by other threads.
class Shard {
public:
    /// Monotonic time.
    using Clock = std::chrono::steady_clock;
    using TimePoint = Clock::time_point;

    /// @private Made by HttpServer.
    Shard(unsigned index, TimePoint start);
    virtual ~Shard();
    Shard(Shard const&) = delete;
    Shard& operator=(Shard const&) = delete;

    /// 0 .. number of shards - 1. Any thread.
    unsigned index() const { return index_; }

    /// This shard only. Time of the current turn; does not move inside a turn.
    TimePoint now() const { return now_; }

    /// Any thread. Runs `task` in a later turn of this shard; tasks of one thread stay in order.
    /// `bytes` is what it holds besides itself. From limits::posted_high_water_bytes on a
    /// connection of another shard whose input posts to this one is held off until no shard is
    /// behind any more: who floods a room of another shard is not faster than that. From
    /// limits::max_posted_bytes on, which others reach together or by tasks of their own, the other
    /// shards read from nobody.
    void post(UniqueFunction task, std::size_t bytes = 0);

    /// This shard only. Runs `task` in the dispatch phase of this turn, after all decoding: the
    /// place of Node's process.nextTick.
    template <class F>
    void defer(F&& task) {
        deferred_.push(std::forward<F>(task));
    }

    /// This shard only. `target` is flushed once when the turn closes. If many are, the last of
    /// them are flushed in the next turns, behind what those turns mark themselves: an answer to
    /// one does not wait for a broadcast to thousands.
    void mark_dirty(Flushable& target);
    /// This shard only. `target` is relieved before the next task of this turn: a turn may be
    /// thousands of tasks, and what they say should not wait in memory for the end of it.
    void mark_urgent(Flushable& target);
    /// This shard only. To be called by a Flushable that dies while it may be marked.
    void forget(Flushable& target);

    /// This shard only.
    TurnCompression& compression() { return compression_; }

    /// This shard only: its deadlines and its counters.
    TimerWheel& timers() { return timers_; }
    Metrics& metrics() { return metrics_; }
    /// This shard only. A copy as of now.
    Metrics present_metrics() const;

    /// This shard only. A peer has met a limit, which has the name of its option: counted in
    /// Metrics::limit_hits, and told to the log with `who` (its address), at most once in
    /// limits::limit_log_interval for each limit.
    void limit_hit(std::string_view limit, std::string_view who);

    /// This shard only. The application's function for `what` (an event, a hook) threw `error`,
    /// empty if that is no text: counted in Metrics::handler_exceptions, and told to the log at
    /// most once in limits::limit_log_interval for each `what`.
    void handler_threw(std::string_view category, std::string_view what, std::string_view error);

    /// The shard whose turn this thread is in, or nullptr.
    static Shard* current();
    /// Whether it is this one. Any thread.
    bool is_current() const { return current() == this; }

    // What follows is for drivers, on this shard's thread.

    /// One entry into the shard: decode happens in its scope, dispatch and flush when it closes.
    class Turn {
    public:
        /// Opens the turn; its end runs what was deferred and flushes.
        Turn(Shard& shard, TimePoint now);
        ~Turn();
        Turn(Turn const&) = delete;
        Turn& operator=(Turn const&) = delete;

    private:
        Shard& shard_;
        Shard* outer_;
    };

    /// Something marked has not been flushed yet, although no turn is open.
    bool has_unflushed() const { return !dirty_.empty() || !backlog_.empty(); }

    /// The dispatch phase for what was decoded so far, so that each connection of a turn has its
    /// own and what is decoded waits neither in memory nor for the others; inside a Turn.
    void dispatch();

    /// Runs posted tasks, at most so many; inside a Turn. True if others wait.
    bool run_posted(std::size_t most = std::numeric_limits<std::size_t>::max());
    /// Destroys tasks that come too late, when no thread runs this shard any more.
    void drop_posted();
    /// Shares `backlogs` with the other shards of a server. Null: they need not wait for this one
    /// any more. This shard's thread, or before it runs.
    void share_backlogs(std::shared_ptr<Backlogs> backlogs);
    /// Whether other shards are behind, so that nothing should be handled that posts to them.
    bool others_behind() const { return undone_.others_behind(); }
    /// The same so far that nothing should be read at all.
    bool others_far_behind() const { return undone_.others_far_behind(); }
    /// Whether turns of this shard have posted to one that is behind since the last call.
    bool take_burdened() { return std::exchange(burdened_, false); }
    /// Fires what is due; inside a Turn.
    void run_timers() { timers_.advance(now_); }

protected:
    /// Called by post() from any thread when the queue was empty: make the driver open a turn and
    /// call run_posted() in it soon.
    virtual void wake() = 0;

private:
    struct Posted {
        UniqueFunction task;
        std::size_t bytes = 0;  // it counts for
    };

    bool take_posted();
    void relieve_urgent();
    void flush_dirty();
    static std::size_t flush_some(std::vector<Flushable*>& targets, std::size_t most);

    unsigned index_;
    TimePoint now_;
    TimerWheel timers_;
    Metrics metrics_;
    LimitHits limit_hits_;
    HandlerErrors handler_errors_;
    TurnCompression compression_;
    TaskQueue deferred_;
    std::vector<Flushable*> dirty_;    // marked in this turn
    std::vector<Flushable*> backlog_;  // in earlier ones; null: forgotten
    bool flush_goes_on_ = false;       // a task is posted for it
    std::vector<Flushable*> urgent_;   // null: forgotten
    std::vector<Posted> taken_;        // of the posted ones: these are run now
    std::size_t next_taken_ = 0;
    bool burdened_ = false;
    std::mutex posted_mutex_;  // guards what follows
    std::vector<Posted> posted_;
    Backlog undone_;  // of posted_ and taken_
};

}  // namespace engineio::net
