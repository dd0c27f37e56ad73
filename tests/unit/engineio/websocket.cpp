#include "engineio/net/websocket.hpp"

#include "engineio/limits.hpp"
#include "engineio/net/deflate.hpp"
#include "tests/rig/websocket_pair.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace websocket_test {

using namespace rig;
using namespace std::chrono_literals;

namespace {

constexpr auto budget = limits::max_compression_bytes_per_turn;
char const* const compressed = "\xC1";
char const* const as_it_is = "\x81";

std::string head(Pair& pair) {
    return pair.take().substr(0, 1);
}

Message make(std::size_t bytes, char fill = 'x') {
    return Message::make(MessageKind::text, std::string(bytes, fill));
}

}  // namespace

TEST_CASE("websocket: a read is decoded until it has inflated to its share of a turn") {
    Pair pair;
    SUBCASE("under it") {
        pair.say(deflated('a', share / 2) + deflated('b', share / 2 - 1) + plain("c"));
        pair.read();
        CHECK(pair.seen == "abc");
        CHECK_FALSE(pair.go_on());
    }
    SUBCASE("at it") {
        pair.say(deflated('a', share / 2) + deflated('b', share / 2) + plain("c"));
        pair.read();
        CHECK(pair.seen == "ab");
        CHECK(pair.go_on());
        CHECK(pair.seen == "abc");
        CHECK_FALSE(pair.go_on());
    }
    SUBCASE("at it with the last one, so nothing is left") {
        pair.say(deflated('a', share));
        pair.read();
        CHECK(pair.seen == "a");
        CHECK_FALSE(pair.go_on());
        pair.say(plain("b"));
        pair.read();
        CHECK(pair.seen == "ab");
    }
    SUBCASE("over it: a message of any size, one in a turn") {
        std::string all;
        for (char name = 'a'; name <= 'z'; ++name) {
            all += deflated(name, 988'000);
        }
        REQUIRE(all.size() < limits::read_buffer_bytes);
        pair.say(all);
        pair.read();
        CHECK(pair.seen == "a");
        CHECK(pair.go_on());
        CHECK(pair.seen == "ab");
        pair.finish();
        CHECK(pair.seen == "abcdefghijklmnopqrstuvwxyz");
        CHECK(pair.peak == 988'000);
        CHECK(pair.shard().metrics().bytes_inflated == 26 * 988'000);
    }
    SUBCASE("whatever comes uncompressed costs nothing") {
        std::string all;
        for (int i = 0; i < 10; ++i) {
            all += plain(text_of('a', 6'000));
        }
        pair.say(all);
        pair.read();
        CHECK(pair.seen == "aaaaaaaaaa");
    }
}

TEST_CASE("websocket: nothing is read while input is held, and order is kept over reads") {
    Pair pair;
    // Its second half comes later, and the frame is cut in two by the first read.
    auto const cut = deflated('c', share);
    pair.say(deflated('a', share) + deflated('b', share) + cut.substr(0, 20));
    pair.read();
    pair.say(cut.substr(20) + plain("d"));
    pair.read();
    CHECK(pair.seen == "a");
    pair.finish();
    CHECK(pair.seen == "abcd");
}

TEST_CASE("websocket: those that hold input take turns") {
    Pair one;
    Pair two(one.shard(), Pair::with_deflate());
    std::string order;
    one.then = [&](char name) { order += name; };
    two.then = one.then;
    one.say(deflated('a', share) + deflated('b', share) + deflated('c', share));
    two.say(deflated('A', share) + deflated('B', share) + deflated('C', share));
    one.read();
    while (one.go_on()) {
    }
    std::ranges::sort(order.begin(), order.begin() + 2);
    CHECK(order.substr(0, 2) == "Aa");
    CHECK(order.substr(2) == (order[2] == 'b' ? "bBcC" : "BbCc"));
}

TEST_CASE("websocket: held input waits while reading is paused") {
    Pair pair;
    pair.then = [&](char name) {
        if (name == 'a') {
            pair.socket().pause_reading(true);
        }
    };
    pair.say(deflated('a', share) + deflated('b', share) + plain("c"));
    pair.read();
    pair.finish();
    CHECK(pair.seen == "a");
    pair.shard().enter([&] { pair.socket().pause_reading(false); });
    pair.shard().enter([&] { pair.socket().pause_reading(true); });
    pair.finish();
    CHECK(pair.seen == "a");
    pair.say(plain("d"));
    pair.shard().enter([&] { pair.socket().pause_reading(false); });
    pair.finish();
    CHECK(pair.seen == "abcd");
}

TEST_CASE("websocket: control frames keep their place in held input") {
    Pair pair;
    pair.then = [&](char name) {
        pair.socket().send(Message::make(MessageKind::text, std::string(1, name)));
    };
    pair.say(deflated('a', share) + frame(0x89, "?") + deflated('b', share) +
             frame(0x88, "\x03\xE8") + deflated('c', share));
    pair.read();
    CHECK(pair.take() == "\x81\x01"
                         "a");
    pair.finish();
    CHECK(pair.seen == "ab|1000");
    CHECK(pair.take() == "\x8A\x01?\x81\x01"
                         "b\x88\x02\x03\xE8");
}

TEST_CASE("websocket: what is held when we close is not handled, but for the peer's close frame") {
    Pair pair;
    pair.then = [&](char) { pair.socket().close(4321, "enough"); };
    pair.say(deflated('a', share) + deflated('b', share) + frame(0x88, "\x10\xE1"));
    pair.read();
    CHECK(pair.seen == "a|4321");
    CHECK(pair.shard().metrics().connections == 1);
    pair.finish();
    pair.end_output();
    pair.finish();
    CHECK(pair.seen == "a|4321");
    CHECK(pair.shard().metrics().connections == 0);
}

TEST_CASE("websocket: what is held goes before the end of the stream") {
    Pair pair;
    pair.say(deflated('a', share) + deflated('b', share) + deflated('c', share));
    SUBCASE("which the peer has ended") {
        pair.end_output();
    }
    SUBCASE("of a peer that takes no answer any more") {
        pair.then = [&](char) { pair.socket().send(Message::make(MessageKind::text, "thanks")); };
        pair.go_away();
        pair.read();
        CHECK(pair.connection().buffered_bytes() != 0);  // nobody took it
        CHECK(pair.drains == 0);
    }
    SUBCASE("of a peer that has gone while we do not read") {
        pair.then = [&](char name) {
            pair.socket().send(Message::make(MessageKind::text, "thanks"));
            pair.socket().pause_reading(name == 'b');
        };
        pair.go_away();
        pair.read();
        pair.finish();
        CHECK(pair.seen == "ab");
        pair.shard().enter([&] { pair.socket().pause_reading(false); });
    }
    pair.read();
    pair.finish();
    CHECK(pair.seen == "abc|1006");
    CHECK(pair.shard().metrics().connections == 0);
}

TEST_CASE("websocket: a connection may be cut while it holds input") {
    Pair pair;
    pair.say(deflated('a', share) + deflated('b', share));
    pair.read();
    pair.shard().enter([&] { pair.connection().cut(); });
    CHECK(pair.seen == "a|1006");
    pair.finish();
    CHECK(pair.seen == "a|1006");
}

TEST_CASE("websocket: who resumes reading at the end of one that held input does no harm") {
    Pair pair;
    pair.then = [&](char) { pair.socket().pause_reading(true); };
    pair.when_closed = [&] { pair.socket().pause_reading(false); };
    pair.say(deflated('a', share) + deflated('b', share));
    pair.read();
    pair.shard().enter([&] { pair.connection().cut(); });
    pair.finish();
    CHECK(pair.seen == "a|1006");
    CHECK(pair.shard().metrics().connections == 0);
}

TEST_CASE("websocket: a violation in held input ends it where it stands") {
    Pair pair;
    pair.say(deflated('a', share) + deflated('b', share) + frame(0xC1, "\xFF\xFF\xFF") +
             plain("c"));
    pair.read();
    pair.finish();
    CHECK(pair.seen == "ab|1007invalid compressed data");
}

TEST_CASE("limits: a rate of bytes counts what a message inflates to") {
    auto const once = deflated('a', 5'000);
    REQUIRE(once.size() < 100);
    auto options = Pair::with_deflate();
    // As an uncompressed frame has four bytes of head more than this one.
    auto const cost = plain(text_of('a', 5'000)).size() - 2;
    SUBCASE("at it") {
        options.byte_rate = {static_cast<double>(2 * cost), 1h};
    }
    SUBCASE("over it") {
        options.byte_rate = {static_cast<double>(2 * cost - 1), 1h};
    }
    Pair pair(options);
    pair.say(once);
    pair.read();
    CHECK(pair.seen == "a");
    pair.say(once);
    pair.read();
    bool const enough = options.byte_rate.count == static_cast<double>(2 * cost);
    CHECK(pair.seen == (enough ? "aa" : "a|1008byte_rate exceeded"));
    CHECK(pair.shard().metrics().limit_hits.count("byte_rate") == (enough ? 0 : 1));
    pair.say(plain(""));
    pair.read();
    CHECK(pair.shard().metrics().limit_hits.at("byte_rate") == 1);
}

TEST_CASE("limits: bytes compressed for WebSockets in a turn") {
    auto options = Pair::with_deflate();
    SUBCASE("for all connections of a shard together") {
        Pair one(options);
        Pair two(one.shard(), options);
        one.shard().enter([&] {
            one.socket().send(make(budget - 2'000));
            two.socket().send(make(2'000));
        });
        CHECK(head(one) == compressed);
        CHECK(head(two) == compressed);
        one.shard().enter([&] {
            one.socket().send(make(budget - 2'000));
            two.socket().send(make(2'001));
        });
        CHECK(head(one) == compressed);
        CHECK(head(two) == as_it_is);
        one.shard().enter([&] { two.socket().send(make(budget)); });
        CHECK(head(two) == compressed);
        CHECK(one.shard().metrics().messages_deflated == 4);
    }
    SUBCASE("of which a shared one is compressed once") {
        Pair one(options);
        Pair two(one.shard(), options);
        one.shard().enter([&] {
            auto const message = make(budget);
            one.socket().send(message);
            two.socket().send(message);
            CHECK_FALSE(one.shard().compression().spend(1));
        });
        CHECK(head(one) == compressed);
        CHECK(head(two) == compressed);
    }
    SUBCASE("one alone may be too large") {
        Pair one(options);
        one.shard().enter([&] { one.socket().send(make(budget + 1)); });
        CHECK(head(one) == as_it_is);
    }
}

TEST_CASE("limits: bytes compressed for WebSockets with windows of their own") {
    auto options = Pair::with_deflate();
    options.deflate->server_no_context_takeover = false;
    SUBCASE("of which small ones are more than their bytes") {
        Pair one(options);
        auto const most = budget / limits::min_compression_cost_bytes;
        one.shard().enter([&] {
            for (std::size_t i = 0; i < most + 1; ++i) {
                one.socket().send(make(10));
            }
        });
        CHECK(one.shard().metrics().messages_deflated == most);
        auto const sent = one.take();
        CHECK(sent.ends_with("\x81\x0Axxxxxxxxxx"));
    }
    SUBCASE("what is not compressed is in no window") {
        Pair one(options);
        Inflater inflater(true, 1'000'000);
        auto const get = [&] {
            auto const bytes = one.take();
            REQUIRE(bytes.size() > 4);
            REQUIRE(static_cast<unsigned char>(bytes[1]) < 126);
            std::string text;
            REQUIRE(inflater.decompress(bytes.substr(2), text) == InflateError::none);
            return text;
        };
        one.shard().enter([&] { one.socket().send(make(3'000, 'a')); });
        CHECK(get() == std::string(3'000, 'a'));
        one.shard().enter([&] {
            one.shard().compression().spend(budget);
            one.socket().send(make(3'000, 'b'));
        });
        CHECK(one.take().starts_with(as_it_is));
        one.shard().enter([&] { one.socket().send(make(3'000, 'b')); });
        CHECK(get() == std::string(3'000, 'b'));
        one.shard().enter([&] { one.socket().send(make(3'000, 'a')); });
        CHECK(get() == std::string(3'000, 'a'));
    }
}

}  // namespace websocket_test
