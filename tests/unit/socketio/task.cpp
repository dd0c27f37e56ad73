#include "socketio/task.hpp"

#include "engineio/net/log.hpp"
#include "tests/rig/session_rig.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace task_test {

using socketio::sleep_for;
using socketio::spawn;
using socketio::spawned_count;
using socketio::Task;
using namespace std::chrono_literals;

namespace {

using Notes = std::vector<std::string>;

Task<std::string> word(Notes& notes) {
    notes.push_back("asked");
    co_return "word";
}

Task<int> fails() {
    throw std::runtime_error("expected by the test");
    co_return 1;
}

// Says when its frame is gone.
struct Witness {
    Notes& notes;
    explicit Witness(Notes& notes) : notes(notes) {}
    Witness(Witness const&) = delete;
    Witness& operator=(Witness const&) = delete;
    ~Witness() { notes.push_back("gone"); }
};

Task<void> sleeper(Notes& notes, std::chrono::milliseconds time) {
    Witness const witness(notes);
    co_await sleep_for(time);
    notes.push_back("woke");
}

}  // namespace

TEST_CASE("task: lazy until awaited, and gives its value") {
    rig::TestShard shard;
    Notes notes;
    shard.turn([&] {
        auto const asks = [](Notes& out) -> Task<void> {
            auto task = word(out);
            out.push_back("made");
            out.push_back(co_await std::move(task));
        };
        spawn(asks(notes));
        CHECK(notes == Notes{"made", "asked", "word"});
    });
    CHECK(spawned_count() == 0);
}

TEST_CASE("task: a task nobody awaits never begins and leaks nothing") {
    Notes notes;
    { auto const unused = word(notes); }
    CHECK(notes.empty());
}

TEST_CASE("task: exceptions travel through co_await") {
    rig::TestShard shard;
    Notes notes;
    shard.turn([&] {
        auto const tries = [](Notes& out) -> Task<void> {
            try {
                co_await fails();
            } catch (std::runtime_error const& error) {
                out.push_back(error.what());
            }
        };
        spawn(tries(notes));
    });
    CHECK(notes == Notes{"expected by the test"});
    CHECK(shard.metrics().handler_exceptions == 0);
}

TEST_CASE("task: an exception that leaves a detached task is counted and ends only it") {
    engineio::net::set_level(engineio::net::Level::off);
    rig::TestShard shard;
    shard.turn([&] {
        spawn([]() -> Task<void> { co_await fails(); }());
        spawn([]() -> Task<void> {
            co_await sleep_for(5ms);
            throw 7;
        }());
    });
    CHECK(shard.metrics().handler_exceptions == 1);
    shard.advance(10ms);
    CHECK(shard.metrics().handler_exceptions == 2);
    CHECK(spawned_count() == 0);
    engineio::net::set_level(engineio::net::Level::info);
}

TEST_CASE("task: sleep_for comes back in time, on the shard, and not earlier") {
    rig::TestShard shard;
    Notes notes;
    shard.turn([&] { spawn(sleeper(notes, 50ms)); });
    CHECK(spawned_count() == 1);
    shard.advance(30ms);
    CHECK(notes.empty());
    shard.advance(20ms);
    CHECK(notes == Notes{"woke", "gone"});
    CHECK(shard.timers().armed_count() == 0);
    CHECK(spawned_count() == 0);
}

TEST_CASE("task: what is still suspended at the end of a shard is destroyed") {
    rig::TestShard shard;
    Notes notes;
    shard.turn([&] {
        spawn(sleeper(notes, 50ms));
        spawn([](Notes& out) -> Task<void> { co_await sleeper(out, 1h); }(notes));
        CHECK(spawned_count() == 2);
        socketio::destroy_spawned();
    });
    CHECK(notes == Notes{"gone", "gone"});
    CHECK(spawned_count() == 0);
    CHECK(shard.timers().armed_count() == 0);
}

TEST_CASE("task: a long chain of awaits that end at once needs no stack") {
    rig::TestShard shard;
    int sum = 0;
    shard.turn([&] {
        spawn([](int& out) -> Task<void> {
            auto const one = []() -> Task<int> { co_return 1; };
            for (int i = 0; i < 1'000; ++i) {
                out += co_await one();
            }
        }(sum));
    });
    CHECK(sum == 1'000);
}

}  // namespace task_test
