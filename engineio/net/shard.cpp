#include "engineio/net/shard.hpp"

#include "engineio/limits.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace engineio::net {

namespace {
thread_local Shard* current_shard = nullptr;
}

Shard::Shard(unsigned index, TimePoint start) : index_(index), now_(start), timers_(start) {}

Shard::~Shard() = default;

Shard* Shard::current() {
    return current_shard;
}

void Shard::post(UniqueFunction task, std::size_t bytes) {
    bool first;
    bool behind;
    {
        std::lock_guard lock(posted_mutex_);
        first = posted_.empty();
        posted_.push_back({std::move(task), bytes + limits::posted_task_bytes});
        undone_.add(posted_.back().bytes);
        behind = undone_.behind();
    }
    if (behind && current_shard && current_shard != this) {
        current_shard->burdened_ = true;
    }
    // One wake-up for many tasks: later ones ride on the first one's.
    if (first) {
        wake();
    }
}

bool Shard::run_posted(std::size_t most) {
    bool const went_on = !taken_.empty();
    if (!went_on) {
        take_posted();
    }
    std::size_t bytes = 0;
    for (; most > 0 && next_taken_ < taken_.size(); --most) {
        auto posted = std::move(taken_[next_taken_++]);
        bytes += posted.bytes;
        posted.task();
        // A posted task is a tick of its own: what it deferred runs before the next task.
        dispatch();
    }
    {
        std::lock_guard lock(posted_mutex_);
        undone_.subtract(bytes);
    }
    if (next_taken_ < taken_.size()) {
        return true;
    }
    next_taken_ = 0;
    std::vector<Posted>().swap(taken_);
    return went_on && take_posted();  // who was first there has woken us in vain
}

bool Shard::take_posted() {
    std::lock_guard lock(posted_mutex_);
    taken_.swap(posted_);
    return !taken_.empty();
}

void Shard::drop_posted() {
    std::vector<Posted> tasks;  // destroyed outside the lock: a destructor may post
    std::vector<Posted> const taken = std::exchange(taken_, {});
    next_taken_ = 0;
    {
        std::lock_guard lock(posted_mutex_);
        tasks.swap(posted_);
    }
}

void Shard::share_backlogs(std::shared_ptr<Backlogs> backlogs) {
    std::lock_guard lock(posted_mutex_);
    undone_.share(std::move(backlogs));
}

Metrics Shard::present_metrics() const {
    auto copy = metrics_;
    copy.timers = timers_.armed_count();
    return copy;
}

void Shard::limit_hit(std::string_view limit, std::string_view who) {
    metrics_.count_limit_hit(limit);
    limit_hits_.log(now_, limit, who);
}

void Shard::handler_threw(std::string_view category, std::string_view what,
                          std::string_view error) {
    ++metrics_.handler_exceptions;
    handler_errors_.log(now_, category, what, error);
}

void Shard::mark_dirty(Flushable& target) {
    if (!target.dirty_) {
        target.dirty_ = true;
        dirty_.push_back(&target);
    }
}

void Shard::mark_urgent(Flushable& target) {
    if (!target.urgent_) {
        target.urgent_ = true;
        urgent_.push_back(&target);
    }
}

void Shard::forget(Flushable& target) {
    if (target.urgent_) {
        target.urgent_ = false;
        std::replace(urgent_.begin(), urgent_.end(), &target, static_cast<Flushable*>(nullptr));
    }
    if (target.dirty_) {
        target.dirty_ = false;
        std::replace(dirty_.begin(), dirty_.end(), &target, static_cast<Flushable*>(nullptr));
        std::replace(backlog_.begin(), backlog_.end(), &target, static_cast<Flushable*>(nullptr));
    }
}

void Shard::dispatch() {
    relieve_urgent();
    // Handlers may defer more; those run in the same phase, in order.
    while (!deferred_.empty()) {
        deferred_.run_next();
        relieve_urgent();
    }
}

// By index: a connection that ends may mark or forget others.
void Shard::relieve_urgent() {
    for (std::size_t i = 0; i < urgent_.size(); ++i) {
        if (Flushable* const target = urgent_[i]) {
            target->urgent_ = false;
            target->relieve();
        }
    }
    urgent_.clear();
}

// Flushes from the front, at most so many; returns how many.
std::size_t Shard::flush_some(std::vector<Flushable*>& targets, std::size_t most) {
    // By index: a flush may mark (a close frame after an error) or forget others.
    std::size_t i = 0;
    std::size_t flushed = 0;
    for (; i < targets.size() && flushed < most; ++i) {
        if (Flushable* const target = targets[i]) {
            ++flushed;
            target->dirty_ = false;
            target->flush();
        }
    }
    targets.erase(targets.begin(), targets.begin() + static_cast<std::ptrdiff_t>(i));
    return flushed;
}

void Shard::flush_dirty() {
    constexpr auto most = limits::max_flushes_per_turn;
    auto const fresh = flush_some(dirty_, most);
    // Turns that mark many themselves still serve half as many of those that wait.
    flush_some(backlog_, std::max(most - fresh, most / 2));
    backlog_.insert(backlog_.end(), dirty_.begin(), dirty_.end());
    dirty_.clear();
    // What has arrived meanwhile is read first; the end of the task's turn flushes the next slice.
    if (!backlog_.empty() && !std::exchange(flush_goes_on_, true)) {
        post([this] { flush_goes_on_ = false; });
    }
}

Shard::Turn::Turn(Shard& shard, TimePoint now) : shard_(shard), outer_(current_shard) {
    current_shard = &shard;
    shard.now_ = std::max(shard.now_, now);
    shard.timers_.set_now(shard.now_);
}

Shard::Turn::~Turn() {
    // A nested turn (close() called from a handler) leaves both phases to the outer one.
    if (outer_ != &shard_) {
        do {
            shard_.dispatch();
            shard_.flush_dirty();
        } while (!shard_.deferred_.empty());
        shard_.compression_.end_turn();
    }
    current_shard = outer_;
}

}  // namespace engineio::net
