#include "engineio/net/timer_wheel.hpp"

#include "engineio/net/sizes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace timer_wheel_test {

using namespace engineio::net;
using namespace std::chrono_literals;

namespace {

Clock::time_point const epoch{1000s};

struct Probe {
    explicit Probe(std::vector<int>& log, int name) : log(log), name(name) {}
    static void fire(void* self) {
        auto& probe = *static_cast<Probe*>(self);
        probe.log.push_back(probe.name);
    }
    std::vector<int>& log;
    int name;
    Timer timer{&Probe::fire, this};
};

}  // namespace

TEST_CASE("fires in order of deadlines, never early, once") {
    TimerWheel wheel(epoch);
    std::vector<int> log;
    Probe a(log, 1), b(log, 2), c(log, 3);
    wheel.arm(a.timer, epoch + 305ms);
    wheel.arm(b.timer, epoch + 301ms);
    wheel.arm(c.timer, epoch + 301ms);
    wheel.advance(epoch + 300ms);
    CHECK(log.empty());
    wheel.advance(epoch + 301ms);
    CHECK(log == std::vector{2, 3});
    CHECK_FALSE(b.timer.armed());
    wheel.advance(epoch + 10s);
    CHECK(log == std::vector{2, 3, 1});
    CHECK(wheel.armed_count() == 0);
    CHECK_FALSE(wheel.next_due());
}

TEST_CASE("for ever, in any unit, is not now") {
    TimerWheel wheel(epoch);
    int fired = 0;
    auto const fire = [&fired] { ++fired; };
    auto const ms = wheel.after(std::chrono::milliseconds::max(), fire);
    auto const hours = wheel.after(std::chrono::hours::max(), fire);
    auto const ns = wheel.after(Clock::duration::max(), fire);
    wheel.advance(epoch + 24h);
    CHECK(fired == 0);
    auto const past = wheel.after(std::chrono::milliseconds::min(), fire);
    wheel.advance(epoch + 24h + 10ms);
    CHECK(fired == 1);
}

TEST_CASE("a time of any unit becomes the clock's without wrapping around") {
    using std::chrono::milliseconds;
    static_assert(clocked(5ms) == 5ms);
    static_assert(clocked(-5h) == -5h);
    static_assert(clocked(milliseconds::max()) == Clock::duration::max());
    static_assert(clocked(milliseconds::min()) == Clock::duration::min());
    static_assert(clocked(Clock::duration::max()) == Clock::duration::max());
    static_assert(clocked(std::chrono::hours::max()) == Clock::duration::max());
    static_assert(sum(1s, 2s) == 3s);
    static_assert(sum(Clock::duration::max(), 1ns) == Clock::duration::max());
    static_assert(sum(Clock::duration::max(), -1s) == Clock::duration::max() - 1s);
    static_assert(sum(Clock::duration::min(), -1ns) == Clock::duration::min());
    CHECK(later(epoch, 1s) == epoch + 1s);
    CHECK(later(Clock::time_point::max() - 1s, 2s) == Clock::time_point::max());
    CHECK(later(epoch + 1s, milliseconds::max()) == Clock::time_point::max());
}

TEST_CASE("a timer is armed for a time after now, for ever, too") {
    TimerWheel wheel(epoch);
    std::vector<int> log;
    Probe soon(log, 1), never(log, 2), at_once(log, 3);
    wheel.set_now(epoch + 1s);
    wheel.arm_after(soon.timer, 1s);
    CHECK(soon.timer.due() == epoch + 2s);
    wheel.arm_after(never.timer, std::chrono::milliseconds::max());
    wheel.arm_after(at_once.timer, -1h);
    CHECK(at_once.timer.due() == epoch + 1s);
    wheel.advance(epoch + 24h);
    CHECK(log == std::vector{3, 1});
    CHECK(never.timer.armed());
}

TEST_CASE("sizes do not wrap around either") {
    constexpr auto any = std::numeric_limits<std::size_t>::max();
    static_assert(saturated_sum(1, 2) == 3);
    static_assert(saturated_sum(any - 1, 1) == any);
    static_assert(saturated_sum(any, 1) == any);
    static_assert(saturated_product(3, 4) == 12);
    static_assert(saturated_product(any / 4, 4) == any - 3);
    static_assert(saturated_product(any / 4 + 1, 4) == any);
    static_assert(saturated_product(any, 0) == 0);
}

TEST_CASE("re-arming moves, cancelling and destroying unlink") {
    TimerWheel wheel(epoch);
    std::vector<int> log;
    Probe a(log, 1);
    {
        Probe gone(log, 2);
        wheel.arm(gone.timer, epoch + 20ms);
    }
    wheel.arm(a.timer, epoch + 20ms);
    wheel.arm(a.timer, epoch + 25s);
    CHECK(wheel.armed_count() == 1);
    wheel.advance(epoch + 24999ms);
    CHECK(log.empty());
    wheel.cancel(a.timer);
    wheel.cancel(a.timer);
    wheel.advance(epoch + 60s);
    CHECK(log.empty());
}

TEST_CASE("a deadline in the past fires at the next advance") {
    TimerWheel wheel(epoch);
    std::vector<int> log;
    Probe a(log, 1);
    wheel.advance(epoch + 5s);
    wheel.arm(a.timer, epoch + 1s);
    CHECK(wheel.next_due() <= epoch + 5s + 10ms);
    wheel.advance(epoch + 5s);
    CHECK(log == std::vector{1});
}

TEST_CASE("deadlines far beyond one turn of the wheel, and for ever") {
    TimerWheel wheel(epoch);
    std::vector<int> log;
    Probe far(log, 1), never(log, 2);
    wheel.arm(far.timer, epoch + 300s);
    wheel.arm(never.timer, Clock::time_point::max());
    wheel.advance(epoch + 299'999ms);
    CHECK(log.empty());
    wheel.advance(epoch + 300s);
    CHECK(log == std::vector{1});
    wheel.advance(epoch + 100h);
    CHECK(never.timer.armed());
}

TEST_CASE("callbacks may cancel, destroy and re-arm") {
    TimerWheel wheel(epoch);
    int fired = 0;
    OneShot other;
    OneShot first = wheel.after(10ms, [&] {
        ++fired;
        other.cancel();
    });
    other = wheel.after(11ms, [&] { fired += 100; });
    OneShot self;
    self = wheel.after(12ms, [&] {
        ++fired;
        self.cancel();
    });
    wheel.advance(epoch + 50ms);
    CHECK(fired == 2);
    CHECK_FALSE(self.armed());

    // A timer that re-arms itself for now waits for the next advance.
    int rounds = 0;
    std::function<void()> again = [&] {
        ++rounds;
        self = wheel.after(0ms, again);
    };
    self = wheel.after(0ms, again);
    wheel.advance(epoch + 60ms);
    wheel.advance(epoch + 70ms);
    CHECK(rounds == 2);
}

TEST_CASE("a handle that dies cancels; a wheel that dies unlinks") {
    int fired = 0;
    Timer left([](void* count) { ++*static_cast<int*>(count); }, &fired);
    {
        TimerWheel wheel(epoch);
        {
            OneShot const gone = wheel.after(1ms, [&] { ++fired; });
        }
        wheel.arm(left, epoch + 1s);
        wheel.advance(epoch + 20ms);
    }
    CHECK_FALSE(left.armed());
    CHECK(fired == 0);
}

TEST_CASE("random operations against a list of deadlines") {
    std::mt19937 random(7);
    auto const below = [&](unsigned n) { return static_cast<int>(random() % n); };
    for (int game = 0; game < 20; ++game) {
        TimerWheel wheel(epoch);
        std::vector<int> log;
        std::vector<std::unique_ptr<Probe>> probes;
        struct Deadline {
            Clock::time_point due;
            int armed_at;
            int name;
        };
        std::vector<Deadline> model;
        for (int i = 0; i < 50; ++i) {
            probes.push_back(std::make_unique<Probe>(log, i));
        }
        Clock::time_point now = epoch;
        for (int step = 0; step < 2000; ++step) {
            int const name = below(50);
            if (int const what = below(10); what < 8) {
                std::erase_if(model, [&](Deadline const& d) { return d.name == name; });
                if (what < 6) {
                    auto const delay =
                        std::chrono::microseconds(below(2) ? below(200'000) : below(100'000'000));
                    wheel.arm(probes[static_cast<std::size_t>(name)]->timer, now + delay);
                    model.push_back({now + delay, step, name});
                } else {
                    wheel.cancel(probes[static_cast<std::size_t>(name)]->timer);
                }
                continue;
            }
            now += std::chrono::microseconds(below(20) ? below(50'000) : below(200'000'000));
            std::vector<Deadline> due;
            std::copy_if(model.begin(), model.end(), std::back_inserter(due),
                         [&](Deadline const& d) { return d.due <= now; });
            std::erase_if(model, [&](Deadline const& d) { return d.due <= now; });
            std::sort(due.begin(), due.end(), [](Deadline const& a, Deadline const& b) {
                return std::pair(a.due, a.armed_at) < std::pair(b.due, b.armed_at);
            });
            std::vector<int> expected;
            for (Deadline const& d : due) {
                expected.push_back(d.name);
            }
            log.clear();
            wheel.advance(now);
            REQUIRE(log == expected);
            REQUIRE(wheel.armed_count() == model.size());
            auto const hint = wheel.next_due();
            REQUIRE(hint.has_value() == !model.empty());
            for (Deadline const& d : model) {
                REQUIRE(*hint <= d.due + 10ms);
            }
            REQUIRE((!hint || *hint > now));
        }
    }
}

}  // namespace timer_wheel_test
