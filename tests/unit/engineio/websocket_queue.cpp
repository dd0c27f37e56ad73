// What may wait for a WebSocket's reader: one under, at and one over the numbers that end it.

#include "engineio/limits.hpp"
#include "tests/rig/captured_log.hpp"
#include "tests/rig/websocket_pair.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <string>
#include <utility>

namespace websocket_queue_test {

using namespace rig;

namespace {

constexpr std::uint32_t most_bytes = 640'000;
constexpr auto most_messages = limits::max_queued_messages(most_bytes);
static_assert(most_messages == 10'000);

WsOptions with(std::uint32_t max_buffered_bytes) {
    WsOptions options;
    options.max_buffered_bytes = max_buffered_bytes;
    return options;
}

// So many bytes on the wire.
Message framed(std::size_t bytes) {
    std::size_t const head = bytes < 128 ? 2 : bytes < 65'540 ? 4 : 10;
    REQUIRE(bytes >= head);
    auto message = Message::make(MessageKind::text, std::string(bytes - head, 'x'));
    REQUIRE(message.frame().size() == bytes);
    return message;
}

// A reader that has stopped, so long ago that the kernel takes nothing more either: what is sent
// from now on waits to the last byte, behind `messages`.
struct Stalled {
    Stalled() {
        constexpr std::size_t burst = 40;
        constexpr std::size_t size = 10'000;
        while (waiting() == 0) {
            say(size, burst);
        }
        // The kernel has parted one of them, perhaps.
        messages = (waiting() + size - 1) / size;
        REQUIRE(pair.seen.empty());
    }
    // All of it waits, or is too much.
    void send(std::size_t bytes, std::size_t times = 1) {
        REQUIRE(pair.seen.empty());
        auto const before = waiting();
        say(bytes, times);
        CHECK((!pair.seen.empty() || waiting() == before + bytes * times));
    }
    // In a turn of their own.
    void say(std::size_t bytes, std::size_t times) {
        auto const message = framed(bytes);
        pair.shard().enter([&] {
            for (std::size_t i = 0; i < times; ++i) {
                pair.socket().send(message);
            }
        });
    }
    std::size_t waiting() { return pair.connection().buffered_bytes(); }
    std::size_t room() { return most_bytes - waiting(); }

    Pair pair{with(most_bytes)};
    std::size_t messages = 0;
};

// Whether it lives on behind what `fill` sends, and that this is told and counted.
bool lives(std::function<void(Stalled&)> const& fill) {
    CapturedLog log;
    Stalled stalled;
    fill(stalled);
    auto& pair = stalled.pair;
    bool const lives = pair.seen.empty();
    std::map<std::string, std::uint64_t, std::less<>> const once{{"max_buffered_bytes", 1}};
    auto const& metrics = pair.shard().metrics();
    CHECK(pair.seen == (lives ? "" : "|1006write buffer limit"));
    CHECK(metrics.connections == (lives ? 1 : 0));
    CHECK(metrics.buffered_bytes == (lives ? stalled.waiting() : 0));
    CHECK(metrics.slow_readers_closed == (lives ? 0 : 1));
    CHECK(metrics.limit_hits == (lives ? decltype(once){} : once));
    CHECK(log.take() == (lives ? "" : "limits: max_buffered_bytes met by peer\n"));
    return lives;
}

}  // namespace

TEST_CASE("limits: bytes that wait for a WebSocket's reader, those of frames' heads among them") {
    CHECK(lives([](Stalled& it) { it.send(it.room() - 1); }));
    CHECK(lives([](Stalled& it) { it.send(it.room()); }));
    CHECK_FALSE(lives([](Stalled& it) { it.send(it.room() + 1); }));
    // Of small ones too.
    auto const last = [](std::size_t bytes) {
        return [bytes](Stalled& it) {
            it.send(it.room() - 300);
            it.send(2, 100);
            it.send(bytes);
        };
    };
    CHECK(lives(last(99)));
    CHECK(lives(last(100)));
    CHECK_FALSE(lives(last(101)));
}

TEST_CASE("limits: messages that wait for a WebSocket's reader, however small") {
    CHECK(lives([](Stalled& it) { it.send(2, most_messages - it.messages - 1); }));
    CHECK(lives([](Stalled& it) { it.send(2, most_messages - it.messages); }));
    CHECK_FALSE(lives([](Stalled& it) {
        it.send(2, most_messages - it.messages);
        it.send(2);
    }));
    CHECK_FALSE(lives([](Stalled& it) { it.send(2, most_messages - it.messages + 1); }));
}

TEST_CASE("limits: a burst that the kernel takes is no slow reader") {
    constexpr std::uint32_t few = 640;  // ten messages
    using Burst = std::pair<std::size_t, std::size_t>;
    for (auto const& [bytes, times] : {Burst{2, 100}, Burst{641, 10}}) {
        Pair pair(with(few));
        auto const message = framed(bytes);
        pair.shard().enter([&, times = times] {
            for (std::size_t i = 0; i < times; ++i) {
                pair.socket().send(message);
            }
        });
        REQUIRE(pair.seen.empty());
        CHECK(pair.socket().writable());
        CHECK(pair.take().size() == bytes * times);
        CHECK(pair.shard().metrics().slow_readers_closed == 0);
    }
}

TEST_CASE("limits: nor is one message, however large, if nothing waits before it") {
    CapturedLog const log;
    constexpr std::uint32_t few = 10'000;
    constexpr std::size_t large = 32 << 20;
    Pair pair(with(few));
    auto const send = [&](std::size_t bytes) {
        auto const message = framed(bytes);
        pair.shard().enter([&] { pair.socket().send(message); });
    };
    send(large);
    REQUIRE(pair.seen.empty());
    REQUIRE(pair.connection().buffered_bytes() > few);
    send(2);
    CHECK(pair.seen == "|1006write buffer limit");
}

TEST_CASE("websocket: who reads again is writable when all was given to the kernel") {
    Stalled stalled;
    auto& pair = stalled.pair;
    stalled.send(1000);
    CHECK_FALSE(pair.socket().writable());
    auto const drains = pair.drains;
    auto const sent = stalled.waiting() + pair.shard().metrics().bytes_out;
    std::size_t taken = 0;
    for (int i = 0; i < 1000 && taken < sent; ++i) {
        CHECK(pair.socket().writable() == (stalled.waiting() == 0));
        CHECK(pair.drains == drains + (stalled.waiting() == 0 ? 1 : 0));
        taken += pair.take().size();
        pair.read();
    }
    CHECK(taken == sent);
    CHECK(stalled.waiting() == 0);
    CHECK(pair.socket().writable());
    CHECK(pair.drains == drains + 1);
    CHECK(pair.seen.empty());
}

}  // namespace websocket_queue_test
