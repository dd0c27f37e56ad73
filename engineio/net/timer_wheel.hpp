#pragma once

#include "engineio/limits.hpp"
#include "engineio/net/clock.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace engineio::net {

class TimerWheel;

/// One deadline, a member of the object it belongs to. Re-arming moves it; destroying it cancels
/// it. Not movable: the wheel links it by address.
class Timer {
public:
    /// `fire(arg)` runs on the shard inside TimerWheel::advance. It may arm, cancel or destroy any
    /// timer, this one included.
    Timer(void (*fire)(void*), void* arg) noexcept : fire_(fire), arg_(arg) {}
    ~Timer() { cancel(); }
    Timer(Timer const&) = delete;
    Timer& operator=(Timer const&) = delete;

    bool armed() const noexcept { return wheel_ != nullptr; }
    /// Only while armed.
    Clock::time_point due() const noexcept { return due_; }
    void cancel() noexcept;

private:
    friend class TimerWheel;

    Timer* next_ = nullptr;
    Timer** link_ = nullptr;  ///< the pointer that points at this timer
    TimerWheel* wheel_ = nullptr;
    Clock::time_point due_{};
    std::uint64_t order_ = 0;  ///< equal deadlines fire in the order they were armed
    void (*fire_)(void*);
    void* arg_;
};

/// A timer on the heap for rarely armed deadlines; cancels on destruction. Made by
/// TimerWheel::after.
class OneShot {
public:
    OneShot() noexcept = default;
    bool armed() const noexcept { return state_ && state_->timer.armed(); }
    void cancel() noexcept { state_.reset(); }

private:
    friend class TimerWheel;

    struct State {
        explicit State(std::function<void()> callback);
        static void fire(void* self);
        std::function<void()> callback;
        Timer timer;
    };

    std::unique_ptr<State> state_;
};

/// All deadlines of one shard in a hashed wheel of 10 ms ticks. Time is an argument, so 25-second
/// pings are tested in microseconds. Arming and cancelling are O(1); a timer never fires before
/// its deadline and at most one tick plus the driver's lateness after it. Owned by the shard, used
/// only on its thread, and outlived by no armed timer (those left are unlinked by the destructor).
class TimerWheel {
public:
    explicit TimerWheel(Clock::time_point start);
    ~TimerWheel();
    TimerWheel(TimerWheel const&) = delete;
    TimerWheel& operator=(TimerWheel const&) = delete;

    /// Arms or re-arms. A deadline in the past fires at the next advance. One that is made of an
    /// option is made by arm_after or later(), as an option may say "for ever".
    void arm(Timer& timer, Clock::time_point due);
    /// The same, `delay` after now(), which may be "for ever" in any unit. A driver that slept
    /// calls set_now at the start of its turn.
    template <class Rep, class Period>
    void arm_after(Timer& timer, std::chrono::duration<Rep, Period> delay) {
        arm(timer, after_now(delay));
    }
    void cancel(Timer& timer) noexcept { timer.cancel(); }

    /// Runs `callback` once at `due`. The handle must be kept (destroying it cancels); it may be
    /// destroyed by the callback itself.
    [[nodiscard]] OneShot at(Clock::time_point due, std::function<void()> callback);
    /// The same, `delay` after now(), as of arm_after.
    template <class Rep, class Period>
    [[nodiscard]] OneShot after(std::chrono::duration<Rep, Period> delay,
                                std::function<void()> callback) {
        return at(after_now(delay), std::move(callback));
    }

    /// Fires everything due at `now`, earliest first. Timers armed meanwhile for `now` or earlier
    /// wait for the next call, so a timer that re-arms itself cannot hold the shard.
    void advance(Clock::time_point now);

    /// When advance should run next, or nothing if no timer is armed. Never later than the tick
    /// after the earliest deadline; may be earlier (then advance finds nothing and says so again).
    std::optional<Clock::time_point> next_due() noexcept;

    /// The latest time the wheel was told; what `after` and `arm_after` count from.
    Clock::time_point now() const noexcept { return now_; }
    /// Tells the time without firing anything.
    void set_now(Clock::time_point now) noexcept { now_ = std::max(now_, now); }
    std::size_t armed_count() const noexcept { return count_; }

private:
    friend class Timer;

    static constexpr std::size_t slot_count = 4096;  ///< one turn is 41 s, longer than a ping
    static constexpr std::size_t word_bits = 64;

    template <class Rep, class Period>
    Clock::time_point after_now(std::chrono::duration<Rep, Period> delay) const {
        return std::max(later(now_, delay), now_);
    }
    std::uint64_t tick_of(Clock::time_point due) const noexcept;
    static void link(Timer& timer, Timer*& head) noexcept;
    void collect(std::size_t slot);
    void make_firing_list();

    Clock::time_point start_;
    Clock::time_point now_;
    std::uint64_t current_tick_ = 0;  ///< the slots of all earlier ticks have been visited
    std::uint64_t next_order_ = 0;
    std::size_t count_ = 0;
    std::array<Timer*, slot_count> slots_{};
    /// One bit per slot that may be occupied; cancelling leaves it set, looking clears it.
    std::array<std::uint64_t, slot_count / word_bits> occupied_{};
    Timer* firing_ = nullptr;  ///< due in this advance, earliest first; cancel unlinks here too
    std::vector<Timer*> due_;  ///< scratch for sorting them, empty between calls
};

}  // namespace engineio::net
