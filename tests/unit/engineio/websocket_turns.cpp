// Who says much at once takes turns, and waits while that is too much for others.

#include "engineio/limits.hpp"
#include "engineio/net/backlog.hpp"
#include "engineio/net/io_shard.hpp"
#include "tests/rig/websocket_pair.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>

namespace websocket_turns_test {

using namespace rig;
using namespace std::chrono_literals;

namespace {

constexpr auto most = limits::max_packets_per_turn;

std::string repeated(std::string const& text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
        all += text;
    }
    return all;
}

}  // namespace

TEST_CASE("websocket: a turn takes so many frames of a read, whatever they are") {
    WsOptions options;
    SUBCASE("compressed or") {
        options = Pair::with_deflate();
    }
    SUBCASE("not") {}
    Pair pair(options);
    auto const say = [&](std::size_t messages, std::size_t pings) {
        auto const all = repeated(plain("a"), messages) +
                         repeated(frame(0x89, "") + frame(0x8A, ""), pings) + plain("z");
        REQUIRE(all.size() < limits::read_buffer_bytes);
        pair.say(all);
        pair.read();
    };
    SUBCASE("under it") {
        say(most - 1, 0);
        CHECK(pair.seen == std::string(most - 1, 'a') + "z");
        CHECK_FALSE(pair.go_on());
    }
    SUBCASE("at it") {
        say(most, 0);
        CHECK(pair.seen == std::string(most, 'a'));
        CHECK(pair.go_on());
        CHECK(pair.seen.ends_with("az"));
        CHECK_FALSE(pair.go_on());
    }
    SUBCASE("several times, control frames among them") {
        say(2 * most, most);
        CHECK(pair.seen.size() == most);
        CHECK(pair.go_on());
        CHECK(pair.seen.size() == 2 * most);
        CHECK(pair.go_on());
        CHECK(pair.go_on());
        CHECK(pair.seen.size() == 2 * most);
        CHECK(pair.go_on());
        CHECK(pair.seen.ends_with("az"));
        CHECK_FALSE(pair.go_on());
    }
}

TEST_CASE("websocket: who is in line for held input may be given up by the time of its turn") {
    auto options = WsOptions();
    options.ping_interval = 10ms;
    Pair pair(options);
    pair.say(repeated(plain("a"), most + 1));
    pair.read();
    for (int beat = 0; beat < 2; ++beat) {
        std::this_thread::sleep_for(30ms);
        pair.shard().enter([] {});
    }
    std::this_thread::sleep_for(30ms);
    CHECK(pair.go_on());
    CHECK(pair.seen.ends_with("a|1006ping timeout"));
}

namespace {

// Two connections of a shard, whose message "p" posts to another one that is behind.
struct Burdening {
    Burdening() {
        slow.share_backlogs(backlogs);
        pair.shard().share_backlogs(backlogs);
        slow.post([] {}, limits::posted_high_water_bytes);
        pair.then = other.then = [this](char name) {
            if (name == 'p') {
                slow.post([] {});
            }
        };
    }
    void relieve() {
        slow.enter([this] { slow.run_posted(); });
        for (int i = 0; i < 1000 && (pair.held_off() || other.held_off()); ++i) {
            pair.shard().context().restart();
            pair.shard().context().run_for(1ms);
        }
        pair.finish();
    }

    std::shared_ptr<Backlogs> backlogs = std::make_shared<Backlogs>();
    IoShard slow{1};
    Pair pair{WsOptions()};
    Pair other{pair.shard(), WsOptions()};
};

}  // namespace

TEST_CASE_FIXTURE(Burdening, "websocket: who is held off goes on with what was not read") {
    other.say(plain("p"));
    pair.say(plain("p") + plain("a"));
    pair.read();
    CHECK(pair.seen == "pa");
    CHECK(pair.held_off());
    CHECK(other.held_off());
    other.say(plain("b"));
    pair.say(plain("b"));
    pair.finish();
    CHECK(pair.seen == "pa");
    relieve();
    CHECK(pair.seen == "pab");
    CHECK(other.seen == "pb");
}

TEST_CASE_FIXTURE(Burdening, "websocket: who is held off goes on with what it holds itself") {
    pair.say(plain("p") + repeated(plain("a"), most - 1) + plain("z"));
    pair.read();
    pair.finish();
    CHECK(pair.seen.size() == most);
    relieve();
    CHECK(pair.seen.ends_with("az"));
}

TEST_CASE_FIXTURE(Burdening, "websocket: nobody is held off who closes") {
    pair.say(plain("p"));
    pair.read();
    CHECK(pair.held_off());
    pair.shard().enter([this] { pair.socket().close(); });
    CHECK_FALSE(pair.held_off());
    pair.say(plain("p") + frame(0x88, ""));
    pair.read();
    CHECK(pair.seen == "p|1005");
}

TEST_CASE_FIXTURE(Burdening, "websocket: who is held off may go") {
    pair.say(plain("p"));
    other.say(plain("p"));
    pair.read();
    pair.shard().enter([this] { pair.connection().cut(); });
    CHECK(pair.seen == "p|1006");
    relieve();
    CHECK_FALSE(other.held_off());
    other.say(plain("a"));
    other.read();
    CHECK(other.seen == "pa");
}

TEST_CASE_FIXTURE(Burdening, "websocket: only its own doing holds a connection off") {
    pair.shard().enter([this] {
        pair.shard().defer([this] { slow.post([] {}); });  // a timer's, say
        pair.say(plain("a"));
        pair.shard().poller().collect();
        pair.shard().serve([this] { pair.shard().poller().serve_one(); });
    });
    CHECK(pair.seen == "a");
    CHECK_FALSE(pair.held_off());
}

TEST_CASE("websocket: what is held waits while others are far behind") {
    Burdening two;
    auto& pair = two.pair;
    pair.say(repeated(plain("a"), most) + plain("z"));
    pair.read();
    two.slow.post([] {}, limits::max_posted_bytes);
    pair.finish();
    CHECK(pair.seen.size() == most);
    two.slow.enter([&] { two.slow.run_posted(); });
    for (int i = 0; i < 1000 && pair.seen.size() == most; ++i) {
        pair.shard().context().restart();
        pair.shard().context().run_for(1ms);
    }
    CHECK(pair.seen.ends_with("az"));
}

}  // namespace websocket_turns_test
