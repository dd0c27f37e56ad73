#include "engineio/net/shard.hpp"

#include "engineio/limits.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace shard_test {

using namespace engineio::net;

namespace {

constexpr auto slice = engineio::limits::max_flushes_per_turn;

struct CountingShard final : Shard {
    CountingShard() : Shard(0, TimePoint{}) {}
    void wake() override { ++wakes; }

    // A turn in which nothing but `body` happens.
    template <class Body>
    void turn(Body body) {
        Turn const turn(*this, TimePoint{});
        body();
    }
    // What a driver does after wake().
    void woken() {
        turn([this] { run_posted(); });
    }

    int wakes = 0;
};

struct Writer final : Flushable {
    Writer(CountingShard& shard, std::vector<int>& log, int number)
        : shard(shard), log(log), number(number) {}
    ~Writer() override { shard.forget(*this); }
    void flush() override { log.push_back(number); }

    CountingShard& shard;
    std::vector<int>& log;
    int number;
};

struct Fixture {
    void mark(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            writers.push_back(
                std::make_unique<Writer>(shard, log, static_cast<int>(writers.size())));
            shard.mark_dirty(*writers.back());
        }
    }
    bool in_order() const {
        for (std::size_t i = 0; i < log.size(); ++i) {
            if (log[i] != static_cast<int>(i)) {
                return false;
            }
        }
        return true;
    }

    CountingShard shard;
    std::vector<int> log;
    std::vector<std::unique_ptr<Writer>> writers;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "shard: what a turn marks is flushed at its end, once") {
    shard.turn([&] {
        mark(slice);
        shard.mark_dirty(*writers.front());
        CHECK(log.empty());
    });
    CHECK(log.size() == slice);
    CHECK(in_order());
    CHECK(shard.wakes == 0);
    CHECK_FALSE(shard.has_unflushed());
}

TEST_CASE_FIXTURE(Fixture, "shard: a long flush goes on in further turns") {
    shard.turn([&] { mark(2 * slice + 10); });
    CHECK(log.size() == slice);
    CHECK(shard.wakes == 1);
    CHECK(shard.has_unflushed());
    shard.turn([] {});
    CHECK(log.size() == 2 * slice);
    CHECK(shard.wakes == 1);  // one continuation at a time
    shard.woken();
    CHECK(log.size() == 2 * slice + 10);
    CHECK(in_order());
    CHECK(shard.wakes == 1);
    CHECK_FALSE(shard.has_unflushed());
}

TEST_CASE_FIXTURE(Fixture, "shard: an answer does not wait for a broadcast to 10,000") {
    shard.turn([&] { mark(10'000); });
    CHECK(log.size() == slice);
    // A ping of somebody else is read meanwhile.
    shard.turn([&] { mark(1); });
    CHECK(log[slice] == 10'000);
    CHECK(log.size() == 2 * slice);
    // Nor does the broadcast wait for ever for those who answer without end.
    auto const waiting = 10'001 - log.size();
    for (std::size_t turns = 0; turns < waiting / (slice / 2) + 1; ++turns) {
        shard.turn([&] { mark(slice); });
    }
    std::size_t const of_broadcast = static_cast<std::size_t>(
        std::count_if(log.begin(), log.end(), [](int number) { return number < 10'000; }));
    CHECK(of_broadcast == 10'000);
}

TEST_CASE_FIXTURE(Fixture, "shard: each slice asks for the next") {
    shard.turn([&] { mark(3 * slice); });
    shard.woken();
    CHECK(shard.wakes == 2);
    shard.woken();
    CHECK(shard.wakes == 2);
    CHECK(log.size() == 3 * slice);
}

TEST_CASE_FIXTURE(Fixture, "shard: who dies while waiting is left out, who is marked again waits") {
    shard.turn([&] { mark(slice + 3); });
    writers[slice + 1].reset();
    shard.turn([&] {
        shard.mark_dirty(*writers[slice]);  // still waiting: no second time
        shard.mark_dirty(*writers[0]);
    });
    CHECK(log.size() == slice + 3);
    CHECK(log[slice] == 0);
    CHECK(log[slice + 1] == static_cast<int>(slice));
    CHECK(log[slice + 2] == static_cast<int>(slice + 2));
}

}  // namespace shard_test
