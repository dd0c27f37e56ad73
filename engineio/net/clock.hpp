#pragma once

#include <chrono>

namespace engineio::net {

/// What every deadline is measured with.
using Clock = std::chrono::steady_clock;

/// A time in the clock's unit. An option may say "for ever" in its own: what is longer than the
/// clock can count is the longest that it can, instead of wrapping around into the past.
template <class Rep, class Period>
constexpr Clock::duration clocked(std::chrono::duration<Rep, Period> time) {
    using Time = std::chrono::duration<Rep, Period>;
    if (time >= std::chrono::floor<Time>(Clock::duration::max())) {
        return Clock::duration::max();
    }
    if (time <= std::chrono::ceil<Time>(Clock::duration::min())) {
        return Clock::duration::min();
    }
    return std::chrono::duration_cast<Clock::duration>(time);
}

/// `a + b`, likewise.
constexpr Clock::duration sum(Clock::duration a, Clock::duration b) {
    Clock::rep total = 0;
    if (__builtin_add_overflow(a.count(), b.count(), &total)) {
        return b > Clock::duration::zero() ? Clock::duration::max() : Clock::duration::min();
    }
    return Clock::duration(total);
}

/// `from + delay`, likewise: the one way to make a deadline of an option.
template <class Rep, class Period>
constexpr Clock::time_point later(Clock::time_point from,
                                  std::chrono::duration<Rep, Period> delay) {
    return Clock::time_point(sum(from.time_since_epoch(), clocked(delay)));
}

}  // namespace engineio::net
