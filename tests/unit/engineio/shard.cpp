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

TEST_CASE_FIXTURE(Fixture, "shard: who is urgent is relieved before the next task") {
    mark(3);
    shard.turn([&] {
        log.clear();
        shard.defer([&] {
            shard.mark_urgent(*writers[1]);
            shard.mark_urgent(*writers[1]);
            shard.mark_urgent(*writers[2]);
            writers[2].reset();
            CHECK(log.empty());
        });
        shard.defer([&] { log.push_back(100); });
    });
    CHECK(log == std::vector<int>{1, 100, 0, 1});  // those marked only as usual
}

TEST_CASE("shard: posted tasks are run in slices, in their order") {
    CountingShard shard;
    std::vector<int> log;
    auto const post = [&](int number) { shard.post([&log, number] { log.push_back(number); }); };
    auto const run = [&](std::size_t most) {
        bool more = false;
        shard.turn([&] { more = shard.run_posted(most); });
        return more;
    };
    for (int i = 0; i < 5; ++i) {
        post(i);
    }
    CHECK(shard.wakes == 1);
    CHECK(run(2));
    post(5);
    CHECK(run(2));
    CHECK(run(2));  // the last of those, before what came meanwhile
    CHECK(log == std::vector<int>{0, 1, 2, 3, 4});
    CHECK_FALSE(run(2));
    CHECK(log.size() == 6);
    CHECK(log.back() == 5);
    shard.post([&] { post(7); });
    CHECK_FALSE(run(2));  // what a task posts has a turn of its own, and has asked for it
    CHECK(log.size() == 6);
    CHECK_FALSE(run(2));
    CHECK(log.back() == 7);
}

TEST_CASE("shard: a shard is behind from the high water until half of it is done") {
    constexpr auto high = engineio::limits::posted_high_water_bytes;
    constexpr auto task = engineio::limits::posted_task_bytes;
    auto const backlogs = std::make_shared<Backlogs>();
    CountingShard slow;
    CountingShard other;
    slow.share_backlogs(backlogs);
    other.share_backlogs(backlogs);
    slow.post([] {}, high - 2 * task - 1);
    slow.post([] {});
    CHECK_FALSE(other.others_behind());
    slow.post([] {});
    CHECK(other.others_behind());
    CHECK_FALSE(slow.others_behind());
    SUBCASE("both, and neither waits for itself") {
        other.post([] {}, high);
        CHECK(slow.others_behind());
        CHECK(other.others_behind());
        other.woken();
        CHECK_FALSE(slow.others_behind());
        CHECK(other.others_behind());
    }
    SUBCASE("half of it") {
        slow.turn([&] { slow.run_posted(1); });
        CHECK_FALSE(other.others_behind());
    }
    SUBCASE("far behind") {
        constexpr auto most = engineio::limits::max_posted_bytes;
        slow.post([] {}, most - high - 2 * task);
        CHECK_FALSE(other.others_far_behind());
        slow.post([] {});
        CHECK(other.others_far_behind());
        CHECK_FALSE(slow.others_far_behind());
        slow.turn([&] { slow.run_posted(3); });
        CHECK(other.others_far_behind());
        slow.turn([&] { slow.run_posted(1); });
        CHECK_FALSE(other.others_far_behind());
        CHECK_FALSE(other.others_behind());
    }
    SUBCASE("it has ended") {
        slow.post([] {}, engineio::limits::max_posted_bytes);
        slow.share_backlogs(nullptr);
        CHECK_FALSE(other.others_behind());
        CHECK_FALSE(other.others_far_behind());
        slow.post([] {}, high);
        CHECK_FALSE(other.others_behind());
    }
}

TEST_CASE("shard: who posts to a shard that is behind is told so, once") {
    auto const backlogs = std::make_shared<Backlogs>();
    CountingShard slow;
    CountingShard other;
    slow.share_backlogs(backlogs);
    other.share_backlogs(backlogs);
    other.turn([&] { slow.post([] {}); });
    CHECK_FALSE(other.take_burdened());
    slow.post([] {}, engineio::limits::posted_high_water_bytes);  // no shard's turn
    other.turn([&] { other.post([] {}); });
    slow.turn([&] { slow.post([] {}); });
    CHECK_FALSE(other.take_burdened());
    CHECK_FALSE(slow.take_burdened());
    other.turn([&] { slow.post([] {}); });
    CHECK(other.take_burdened());
    CHECK_FALSE(other.take_burdened());
    CHECK_FALSE(slow.take_burdened());
    slow.woken();
    other.turn([&] { slow.post([] {}); });
    CHECK_FALSE(other.take_burdened());
}

}  // namespace shard_test
