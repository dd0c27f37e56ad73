#include "engineio/net/drain.hpp"

#include "tests/rig/session_rig.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace drain_test {

using namespace engineio::net;
using namespace std::chrono_literals;

namespace {

// A crowd on a shard that is sent away; what happens is noted with its time in milliseconds.
struct Crowd {
    Crowd(std::size_t count, DrainOptions const& options) : left(count) {
        shard.turn([&] {
            began = shard.now();
            drainer = std::make_unique<Drainer>(
                shard, options, [this] { begun_at = ms(); },
                [this](std::size_t most) {
                    auto const now = std::min(left, most);
                    batches.push_back({ms(), now});
                    left -= now;
                    return left;
                },
                [this] {
                    ++told;
                    told_at = ms();
                });
        });
    }
    long ms() const {
        return static_cast<long>(
            std::chrono::duration_cast<std::chrono::milliseconds>(shard.now() - began).count());
    }

    struct Batch {
        long at;
        std::size_t size;
    };
    rig::TestShard shard;
    Shard::TimePoint began;
    std::size_t left;
    std::vector<Batch> batches;
    long begun_at = -1;
    long told_at = -1;
    int told = 0;
    std::unique_ptr<Drainer> drainer;
};

}  // namespace

TEST_CASE("a drain goes in batches at uneven intervals") {
    Crowd crowd(1000, {.batch = 100, .interval = 100ms});
    crowd.shard.advance(5s);
    REQUIRE(crowd.batches.size() == 10);
    CHECK(crowd.told == 1);
    CHECK(crowd.batches.front().at <= 10);
    std::vector<long> gaps;
    for (std::size_t i = 1; i < crowd.batches.size(); ++i) {
        CHECK(crowd.batches[i].size == 100);
        gaps.push_back(crowd.batches[i].at - crowd.batches[i - 1].at);
        CHECK(gaps.back() >= 50);
        CHECK(gaps.back() <= 170);  // and the wheel's tick
    }
    std::sort(gaps.begin(), gaps.end());
    CHECK(gaps.front() != gaps.back());
}

TEST_CASE("few are sent away at once, nobody needs no time at all") {
    Crowd few(3, {});
    few.shard.advance(10ms);
    CHECK(few.told == 1);
    CHECK(few.batches.size() == 1);
    Crowd nobody(0, {});
    nobody.shard.advance(10ms);
    CHECK(nobody.told == 1);
}

TEST_CASE("batches grow where the deadline asks for it, and leave time for the goodbyes") {
    Crowd crowd(1'000'000, {.batch = 100, .interval = 100ms, .deadline = 10s});
    crowd.shard.advance(10s);
    CHECK(crowd.told == 1);
    CHECK(crowd.told_at > 5000);
    CHECK(crowd.told_at <= 8000);
    for (auto const& batch : crowd.batches) {
        CHECK(batch.size < 100'000);
    }
}

TEST_CASE("during the notice nothing happens") {
    Crowd crowd(5, {.notice = 300ms});
    crowd.shard.advance(250ms);
    CHECK(crowd.begun_at == -1);
    CHECK(crowd.batches.empty());
    crowd.shard.advance(100ms);
    CHECK(crowd.begun_at >= 300);
    CHECK(crowd.told == 1);
}

TEST_CASE("senseless options end all the same") {
    Crowd crowd(50, {.batch = 0, .interval = 0ms, .notice = 20ms, .deadline = 0ms});
    crowd.shard.advance(1s);
    CHECK(crowd.told == 1);
}

TEST_CASE("a drain with all the time there is goes in its batches") {
    constexpr auto ever = std::chrono::milliseconds::max();
    Crowd crowd(1000, {.batch = 100, .interval = 100ms, .deadline = ever});
    crowd.shard.advance(5s);
    CHECK(crowd.batches.size() == 10);
    CHECK(crowd.told == 1);
    Crowd noticed(5, {.notice = ever, .deadline = ever});
    noticed.shard.advance(1h);
    CHECK(noticed.begun_at == -1);
    Crowd slow(300, {.batch = 100, .interval = ever, .deadline = ever});
    slow.shard.advance(1h);
    CHECK(slow.batches.size() == 1);
    Crowd at_once(1000, {.batch = std::numeric_limits<std::size_t>::max()});
    at_once.shard.advance(10ms);
    CHECK(at_once.told == 1);
}

TEST_CASE("whoever destroys it ends it") {
    Crowd crowd(1000, {});
    crowd.shard.advance(100ms);
    auto const before = crowd.batches.size();
    crowd.drainer.reset();
    crowd.shard.advance(2s);
    CHECK(crowd.batches.size() == before);
    CHECK(crowd.told == 0);
}

TEST_CASE("what ends in several parts has ended with the last") {
    int ended = 0;
    auto const part = when_all(3, [&ended] { ++ended; });
    part();
    part();
    CHECK(ended == 0);
    part();
    CHECK(ended == 1);
    when_all(0, [&ended] { ++ended; });
    CHECK(ended == 2);
}

}  // namespace drain_test
