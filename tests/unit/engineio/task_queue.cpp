#include "engineio/net/task_queue.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <vector>

namespace task_queue_test {

using engineio::net::TaskQueue;

namespace {

void run(TaskQueue& queue) {
    while (!queue.empty()) {
        queue.run_next();
    }
}

}  // namespace

TEST_CASE("task_queue: tasks of any size run once, in order, and are destroyed") {
    TaskQueue queue;
    std::vector<int> ran;
    auto const counted = std::make_shared<int>(0);
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 1000; ++i) {
            queue.push([&ran, i, counted] { ran.push_back(i); });
            queue.push([&ran, i, counted, padding = std::array<char, 100>()] {
                ran.push_back(i + static_cast<int>(padding[0]));
            });
        }
        // Larger than a chunk.
        queue.push([&ran, counted, big = std::array<char, 100'000>()] {
            ran.push_back(static_cast<int>(big.size()));
        });
        queue.push([&ran, counted, owned = std::make_unique<int>(7)] { ran.push_back(*owned); });
        CHECK(counted.use_count() == 2003);
        run(queue);
        REQUIRE(ran.size() == 2002);
        for (int i = 0; i < 1000; ++i) {
            REQUIRE(ran[static_cast<std::size_t>(2 * i)] == i);
            REQUIRE(ran[static_cast<std::size_t>(2 * i + 1)] == i);
        }
        CHECK(ran[2000] == 100'000);
        CHECK(ran[2001] == 7);
        CHECK(counted.use_count() == 1);
        ran.clear();
    }
}

TEST_CASE("task_queue: a task may push others; they run behind those that wait") {
    TaskQueue queue;
    std::vector<int> ran;
    // A chain that is longer than a chunk has room for, with a second task always waiting.
    struct Link {
        TaskQueue& queue;
        std::vector<int>& ran;
        int left;
        std::array<char, 64> padding = {};
        void operator()() const {
            ran.push_back(left);
            if (left > 1) {
                queue.push(Link{queue, ran, left - 2});
            }
        }
    };
    queue.push(Link{queue, ran, 10'000});
    queue.push(Link{queue, ran, 9'999});
    run(queue);
    REQUIRE(ran.size() == 10'001);
    for (std::size_t i = 0; i < ran.size(); ++i) {
        REQUIRE(ran[i] == static_cast<int>(10'000 - i));
    }
}

TEST_CASE("task_queue: a task that throws is destroyed, and the next one runs") {
    TaskQueue queue;
    auto const counted = std::make_shared<int>(0);
    bool ran = false;
    queue.push([counted] { throw std::runtime_error("as handlers do"); });
    queue.push([&ran, counted] { ran = true; });
    CHECK_THROWS(queue.run_next());
    CHECK(counted.use_count() == 2);
    run(queue);
    CHECK(ran);
    CHECK(counted.use_count() == 1);
}

TEST_CASE("task_queue: what was not run is destroyed with the queue") {
    auto const counted = std::make_shared<int>(0);
    {
        TaskQueue queue;
        for (int i = 0; i < 500; ++i) {
            queue.push([counted, padding = std::array<char, 100>()] {
                static_cast<void>(padding);
                ++*counted;
            });
        }
        queue.run_next();
        CHECK(counted.use_count() == 500);
    }
    CHECK(counted.use_count() == 1);
    CHECK(*counted == 1);
}

}  // namespace task_queue_test
