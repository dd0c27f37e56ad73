#include "socketio/recovery.hpp"

#include "tests/unit/socketio/recovery_log.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace recovery_test {

using socketio::RecoveryOffset;
using socketio::SavedSession;

namespace {

constexpr auto packet_bytes = engineio::limits::recovery_packet_bytes;
constexpr auto session_bytes = engineio::limits::recovery_session_bytes;
constexpr auto text_bytes = engineio::limits::recovery_text_bytes;

}  // namespace

TEST_CASE("recovery: who comes back while its last connection still lives, as far as we know") {
    Log log(1'000ms, 2);
    auto const seen = log.append("seen");
    log.save("me", {"old room"});
    CHECK(log.missed("me", seen) == "");
    auto const base = log.base;
    auto const live = log.append("live");
    SUBCASE("connects anew: nobody knows yet what rooms it has now") {
        CHECK(log.missed("me", live) == "none");
        log.save("me", {"new room"});
        log.append("to old", {{"old room"}, {}});
        log.append("to new", {{"new room"}, {}});
        CHECK(log.missed("me", live) == "to new ");
    }
    SUBCASE("asks again if the answer did not arrive, and the end of the other is no news") {
        CHECK(log.missed("me", seen, 1) == "live ");
        auto const later = log.append("later");
        log.base = base;
        log.save("me", {"stale room"}, 0);
        CHECK(log.missed("me", later, 0) == "none");
    }
    SUBCASE("asks again before anything else has happened, on the same shard") {
        CHECK(log.missed("me", seen) == "live ");
        auto const earlier = log.base;
        CHECK(log.missed("me", seen) == "live ");
        auto const latest = log.base;
        auto const later = log.append("later");
        log.base = earlier;
        log.save("me", {"stale room"});
        CHECK(log.missed("me", later) == "none");  // the latest lives
        log.base = latest;
        log.save("me", {"new room"});
        log.append("to stale", {{"stale room"}, {}});
        log.append("to new", {{"new room"}, {}});
        CHECK(log.missed("me", later) == "to new ");
    }
}

TEST_CASE("recovery: the end of an earlier connection is no news either when the session is old") {
    Log log(Recovery::Bounds{.max_age = 1s, .late_end = 3s}, 2);
    auto const seen = log.append("seen");
    log.save("me", {"old room"});
    CHECK(log.missed("me", seen) == "");
    auto const earlier = log.base;
    log.append("missed");
    CHECK(log.missed("me", seen, 1) == "missed ");
    auto const latest = log.base;
    log.now += 2'500ms;  // nobody can resume it as it was saved
    CHECK(log.missed("me", seen) == "none");
    auto const live = log.append("live");
    log.base = earlier;
    log.save("me", {"stale room"});
    CHECK(log.missed("me", live) == "none");  // the latest lives
    log.base = latest;
    log.save("me", {"new room"}, 1);
    log.append("to stale", {{"stale room"}, {}});
    log.append("to new", {{"new room"}, {}});
    CHECK(log.missed("me", live) == "to new ");
}

TEST_CASE("recovery: sessions that live are not kept for ever") {
    Log log(Recovery::Bounds{.max_age = 1s, .late_end = 3s});
    auto const seen = log.append("seen");
    log.save("me");
    CHECK(log.missed("me", seen) == "");
    for (int i = 0; i < 3; ++i) {
        log.now += 1'100ms;
        log.append("x");
    }
    CHECK(log.recovery.session_count() == 0);
}

TEST_CASE("recovery: every offset is new, many in one millisecond, too") {
    Log log;
    std::set<std::string> offsets;
    for (int i = 0; i < 2'000; ++i) {
        CHECK(offsets.insert(log.append("x")).second);
    }
    CHECK(log.recovery.log_size() == 2'000);
}

TEST_CASE("recovery: positions count up in the order of the log") {
    Log log;
    std::uint64_t last = 0;
    for (int i = 0; i < 100; ++i) {
        auto const logged = log.log("x");
        CHECK(logged.position == last + 1);
        CHECK(logged.position == log.recovery.position());
        last = logged.position;
        log.now += 100ms;  // the oldest expire meanwhile
    }
    CHECK(log.recovery.log_size() < 100);
}

TEST_CASE("recovery: brings back exactly what the client missed") {
    Log log;
    log.append("before");
    auto const seen = log.append("seen");
    log.save("me", {"r1", "r2"});
    log.append("all");
    log.append("mine", {{"me"}, {}});
    log.append("other", {{"you"}, {}});
    log.append("r1", {{"r1"}, {}});
    log.append("r3", {{"r3"}, {}});
    log.append("r1+r2", {{"r2", "r1"}, {}});
    log.append("not-r2", {{}, {"r2"}});
    log.append("not-me", {{}, {"me"}});
    log.append("not-you", {{"r1"}, {"you"}});
    auto const last = log.append("last");
    CHECK(log.missed("me", seen) == "all mine r1 r1+r2 not-you last ");
    CHECK(log.missed("me", last) == "");
    SUBCASE("as often as it asks") {
        CHECK(log.missed("me", seen).ends_with("last "));
    }
    SUBCASE("unknown offset") {
        CHECK(log.missed("me", "?") == "none");
    }
    SUBCASE("no offset") {
        CHECK(log.missed("me", "") == "none");
    }
    SUBCASE("unknown session") {
        CHECK(log.missed("you", seen) == "none");
    }
}

TEST_CASE("recovery: a shard that delivers in another order than the log") {
    Log log(1'000ms, 2);
    auto const deliver = [&log](Recovery::Logged const& event) { log.recovery.note(event, 1); };
    deliver(log.log("0"));
    auto const a = log.log("a");
    auto const b = log.log("b");
    auto const c = log.log("c");
    deliver(c);
    log.save("me", {}, 1);
    SUBCASE("what is overtaken is missed, what overtook is not") {
        CHECK(log.missed("me", log.offsets["c"], 1) == "a b ");
        SUBCASE("again") {
            CHECK(log.missed("me", log.offsets["c"], 0) == "a b ");
        }
        SUBCASE("cut between the two") {
            CHECK(log.missed("me", log.offsets["a"], 0) == "b ");
        }
        SUBCASE("cut after them") {
            CHECK(log.missed("me", log.offsets["b"], 0) == "");
        }
        SUBCASE("saved anew in between") {
            log.save("me", {}, 1);
            CHECK(log.missed("me", log.offsets["a"], 0) == "b ");
        }
    }
    SUBCASE("late ones have not heard less") {
        deliver(a);
        deliver(log.log("d"));
        CHECK(log.missed("me", log.offsets["0"], 1) == "a b c d ");
    }
    SUBCASE("by the order of delivery") {
        deliver(a);
        auto const d = log.log("d");
        deliver(d);
        CHECK(log.missed("me", log.offsets["a"]) == "b d ");
        log.base = 0;
        log.save("you", {}, 1);
        SUBCASE("the last of them") {
            deliver(b);
            CHECK(log.missed("you", log.offsets["d"]) == "b ");
        }
        SUBCASE("the one that fills the gap, asked for again and again") {
            deliver(b);
            CHECK(log.missed("you", log.offsets["b"]) == "");
            CHECK(log.missed("you", log.offsets["b"]) == "");
        }
        SUBCASE("afterwards it is as ever") {
            deliver(b);
            deliver(log.log("e"));
            deliver(log.log("f"));
            CHECK(log.missed("you", log.offsets["e"]) == "f ");
        }
    }
    SUBCASE("the log has forgotten what was overtaken") {
        log.now += 600ms;
        log.log("e");
        auto const f = log.log("f");
        deliver(f);
        log.save("me", {}, 1);
        CHECK(log.missed("me", log.offsets["f"]) == "a b e ");
        log.now += 401ms;
        CHECK(log.missed("me", log.offsets["f"]) == "none");
    }
}

TEST_CASE("recovery: an event that is never delivered does not spoil those after it") {
    Log log(RecoveryBudget::Bounds{.max_packets = 3});
    log.append("1");
    log.log("lost");
    log.append("2");
    log.save("before");
    CHECK(log.missed("before", log.offsets["2"]) == "lost ");
    for (auto const* const name : {"3", "4", "5", "6"}) {
        log.append(name);
    }
    log.save("after");  // which came when "2" was the last
    CHECK(log.missed("after", log.offsets["5"]) == "6 ");
    log.base = 1;
    log.save("older");
    CHECK(log.missed("older", log.offsets["6"]) == "none");
    CHECK(log.recovery.state(log.now, {}).sessions.empty());
    for (auto const* const name : {"7", "8", "9"}) {
        log.append(name);
    }
    log.recovery.forget(log.now);
    auto const state = log.recovery.state(log.now, {});
    REQUIRE(state.deviations.size() == 1);
    CHECK(state.deviations[0].empty());  // all is in order again
}

TEST_CASE("recovery: events that need not reach a shard are no gaps") {
    Log log(1'000ms, 2);
    auto const to = [&log](std::string const& name, unsigned shard) {
        log.recovery.append_unicast(
            log.now, {{"x"}, {}},
            [&](std::string_view offset) {
                log.offsets[name] = offset;
                return EncodedPacket{false, name, {}};
            },
            shard);
    };
    to("a", 0);
    to("b", 1);
    to("c", 0);
    auto const absent = log.recovery.append(
        log.now, {},
        [](std::string_view) {
            return EncodedPacket{false, "d", {}};
        },
        [](unsigned shard) { return shard == 0; });
    CHECK(absent.previous[1] == Recovery::not_sent);
    to("e", 1);
    log.base = 4;
    log.save("x", {}, 1);
    to("f", 0);
    CHECK(log.missed("x", log.offsets["e"]) == "f ");
}

TEST_CASE("recovery: sessions and events expire after the same time") {
    Log log(Recovery::Bounds{.max_age = 1s, .late_end = 0ms});
    auto const first = log.append("first");
    log.now += 600ms;
    auto const second = log.append("second");
    log.save("me");
    log.now += 400ms;
    CHECK(log.missed("me", first) == "second ");  // exactly the limit is still in time
    log.now += 1ms;
    CHECK(log.missed("me", first) == "none");
    CHECK(log.recovery.log_size() == 1);
    CHECK(log.missed("me", second) == "");
    log.now += 599ms;
    CHECK(log.missed("me", second) == "");
    log.now += 1ms;
    CHECK(log.missed("me", second) == "none");
    CHECK(log.recovery.session_count() == 0);
    CHECK(log.recovery.log_size() == 0);
}

TEST_CASE("recovery: the names of rooms count among the bytes") {
    Log log(RecoveryBudget::Bounds{.max_bytes = 64'000'000});
    for (int i = 0; i < 100; ++i) {
        log.append("x", {{std::string(500'000, 'r')}, {std::string(500'000, 'e')}});
    }
    CHECK(log.recovery.log_size() == 63);
}

TEST_CASE("recovery: forgets by time alone") {
    Log log(1'000ms, 2);
    auto const begin = log.now;
    SUBCASE("events") {
        log.append("first");
    }
    SUBCASE("sessions") {
        log.save("first");
    }
    CHECK(log.dues == std::vector{begin + 1'001ms});
    log.now += 600ms;
    log.append("second");
    log.save("me");
    CHECK(log.dues.size() == 1);  // one who calls is enough
    auto const next = log.recovery.forget(begin + 1'001ms);
    CHECK(next == begin + 1'601ms);
    CHECK(log.recovery.log_size() == 1);
    CHECK(log.recovery.session_count() == 1);
    CHECK(log.recovery.forget(*next) == std::nullopt);
    CHECK(log.recovery.log_size() == 0);
    CHECK(log.recovery.session_count() == 0);
    log.now = *next;
    auto const third = log.append("third");
    CHECK(log.dues.size() == 2);
    log.base = log.recovery.position() - 1;
    log.save("me");
    CHECK(log.missed("me", third) == "");
}

TEST_CASE("recovery: who left for good does not come back as an earlier cut has saved it") {
    Log log(1'000ms, 2);
    auto const seen = log.append("seen");
    log.save("me", {"r"});
    auto const stale = log.base;
    log.append("missed");
    CHECK(log.missed("me", seen) == "missed ");
    SUBCASE("with the offset from before that cut, nor with any other") {
        auto const live = log.append("live");
        log.revoke("me");
        CHECK(log.missed("me", seen) == "none");
        CHECK(log.missed("me", log.offsets["missed"]) == "none");
        CHECK(log.missed("me", live) == "none");
    }
    SUBCASE("and neither by a connection whose end is noticed later") {
        log.revoke("me");
        log.base = stale;
        log.save("me");
        log.save("me", {}, 1);
        CHECK(log.missed("me", seen) == "none");
    }
    SUBCASE("but an old connection says nothing about who came back on another") {
        log.base = stale;
        log.revoke("me", 1);
        CHECK(log.missed("me", seen) == "missed ");
    }
    SUBCASE("and is forgotten in time") {
        log.revoke("me");
        log.now += 1'001ms;
        CHECK(log.recovery.forget(log.now) == std::nullopt);
        CHECK(log.recovery.session_count() == 0);
    }
}

TEST_CASE("recovery: who has left counts as who was saved, and not twice") {
    Log log(RecoveryBudget::Bounds{.max_sessions = 2});
    auto const seen = log.append("seen");
    log.save("me");
    log.save("you");
    log.revoke("me");
    log.revoke("me");
    CHECK(log.recovery.session_count() == 2);
    CHECK(log.missed("you", seen) == "");
    CHECK(log.hits.empty());
    log.save("other");
    CHECK(log.recovery.session_count() == 2);
    CHECK(log.missed("you", seen) == "none");  // the oldest by now
    CHECK(log.missed("other", seen) == "");
}

TEST_CASE("recovery: a session saved again starts anew") {
    Log log(1'000ms);
    log.save("me", {"old"});
    log.now += 900ms;
    auto const seen = log.append("seen");
    log.save("me", {"new"});
    log.append("to new", {{"new"}, {}});
    log.now += 900ms;
    CHECK(log.recovery.session_count() == 1);
    CHECK(log.missed("me", seen) == "to new ");
}

TEST_CASE("recovery: log and sessions are limited; the oldest go") {
    Log log;
    auto const first = log.append("first");
    log.save("0");
    CHECK(log.missed("0", first) == "");
    for (std::size_t i = 0; i < engineio::limits::max_recovery_packets; ++i) {
        log.append("x");
    }
    CHECK(log.recovery.log_size() == engineio::limits::max_recovery_packets);
    CHECK(log.missed("0", first) == "none");
    for (std::size_t i = 1; i <= engineio::limits::max_recovery_sessions; ++i) {
        log.save(std::to_string(i));
    }
    CHECK(log.recovery.session_count() == engineio::limits::max_recovery_sessions);
    auto const last = log.append("last");
    CHECK(log.missed("0", last) == "none");
    CHECK(log.missed("1", last) == "");
}

TEST_CASE("recovery: the bounds one under, at and one over") {
    Log log(RecoveryBudget::Bounds{
        .max_packets = 3, .max_bytes = 3 * packet_bytes + 10, .max_sessions = 2});
    log.append("aaa");
    log.append("bbb");
    log.append("ccc");
    CHECK(log.recovery.log_size() == 3);
    CHECK(log.hits.empty());
    log.append("d");
    CHECK(log.recovery.log_size() == 3);
    CHECK(log.hits == std::vector<std::string>{"max_recovery_packets"});
    log.hits.clear();
    log.append("eeeeee");  // 3 + 1 + 6 bytes
    CHECK(log.recovery.log_size() == 3);
    log.append("fffffff");  // 1 + 6 + 7 are too many, 6 + 7 are not with one packet less
    CHECK(log.recovery.log_size() == 2);
    CHECK(log.hits == std::vector<std::string>{"max_recovery_packets", "max_recovery_packets",
                                               "max_recovery_bytes"});
    // What is larger than all is not kept.
    auto const large = log.append(std::string(2 * packet_bytes + 11 + packet_bytes, 'g'));
    CHECK(log.recovery.log_size() == 0);
    CHECK(log.budget->amounts() == RecoveryBudget::Amounts{});
    log.save("me");
    CHECK(log.missed("me", large) == "none");
    auto const next = log.append("next");
    CHECK(log.missed("me", next) == "");
}

TEST_CASE("recovery: who has missed too much connects anew") {
    constexpr auto message = engineio::limits::missed_message_bytes;
    for (std::size_t const bytes : {9, 10, 11}) {
        CAPTURE(bytes);
        Log log(Recovery::Bounds{.max_age = 1s, .max_missed_bytes = 2 * message + 10});
        auto const first = log.append("first");
        log.save("a");
        log.append("aaaa");
        log.append("for another", {{"elsewhere"}, {}});
        auto const rest = std::string(bytes - 4, 'b');
        log.append(rest);
        if (bytes <= 10) {
            CHECK(log.missed("a", first) == "aaaa " + rest + " ");
            CHECK(log.hits.empty());
        } else {
            CHECK(log.missed("a", first) == "none");
            CHECK(log.hits == std::vector<std::string>(2, "max_recovery_missed_bytes"));
            // Who had heard more of it has missed less.
            log.save("b");
            CHECK(log.missed("b", log.offsets["aaaa"]) == rest + " ");
        }
    }
}

TEST_CASE("recovery: the same is not brought for ever") {
    constexpr auto message = engineio::limits::missed_message_bytes;
    constexpr auto most = engineio::limits::max_recovery_repeats;
    Log log(Recovery::Bounds{.max_age = 1s, .max_missed_bytes = message + 1});
    auto const first = log.append("first");
    log.save("a");
    SUBCASE("nothing may be brought as often as it likes") {
        for (std::size_t i = 0; i < 10 * most; ++i) {
            CHECK(log.missed("a", first) == "");
        }
        return;
    }
    log.append("x");
    for (std::size_t i = 0; i < most; ++i) {
        CHECK(log.missed("a", first) == "x ");
        if (i % 2 == 0) {
            log.save("a");  // the end of its connection was noticed
        }
    }
    SUBCASE("the next time it connects anew") {
        CHECK(log.missed("a", first) == "none");
        CHECK(log.hits == std::vector<std::string>(2, "max_recovery_missed_bytes"));
    }
    SUBCASE("who has heard an event meanwhile may do so again") {
        auto const live = log.append("live");
        log.save("a");
        log.append("y");
        for (std::size_t i = 0; i < most; ++i) {
            CHECK(log.missed("a", live) == "y ");
        }
        CHECK(log.missed("a", live) == "none");
    }
}

TEST_CASE("recovery: names of rooms count as the strings that they are") {
    auto const each = packet_bytes + 1 + text_bytes + 1;
    Log log(RecoveryBudget::Bounds{.max_bytes = 2 * each});
    log.append("a", {{"r"}, {}});
    log.append("b", {{}, {"r"}});
    CHECK(log.recovery.log_size() == 2);
    log.append("c", {{"r"}, {}});
    CHECK(log.recovery.log_size() == 2);
}

TEST_CASE("recovery: saved sessions, and their memory, one under, at and one over") {
    Log few(RecoveryBudget::Bounds{.max_sessions = 2});
    few.save("1");
    few.save("2");
    CHECK(few.hits.empty());
    few.save("3");
    CHECK(few.recovery.session_count() == 2);
    CHECK(few.hits == std::vector<std::string>{"max_recovery_sessions"});

    std::string const room(100, 'r');
    // The id, which is also the data, the pid, the data's value, and one room.
    auto const each = session_bytes + 1 + 8 + (sizeof(Json) + 1) + (text_bytes + room.size());
    Log log(Log::budget_of({.max_bytes = 3 * each}), "family",
            Recovery::Bounds{.max_age = 1s, .late_end = 0s});
    auto const seen = log.append("seen");
    for (auto const* const sid : {"1", "2", "3"}) {
        log.save(sid, {room});
    }
    log.save("3", {room});  // once more is not one more
    CHECK(log.recovery.session_count() == 3);
    CHECK(log.hits.empty());
    log.save("3", {room + "r"});
    CHECK(log.recovery.session_count() == 2);
    CHECK(log.hits == std::vector<std::string>{"max_recovery_bytes"});
    CHECK(log.missed("1", seen) == "none");
    CHECK(log.missed("2", seen) == "");
    log.now += 2s;
    log.append("later");  // which forgets all of them
    log.hits.clear();
    for (auto const* const sid : {"4", "5", "6"}) {
        log.save(sid, {room});
    }
    CHECK(log.hits.empty());
    // One that is larger than all is not kept either.
    log.save("7", {std::string(4 * each, 'r')});
    CHECK(log.recovery.session_count() == 0);
}

TEST_CASE("recovery: a session that is too large drives out no others") {
    std::string const room(100, 'r');
    auto const most = session_bytes + 1 + 8 + (sizeof(Json) + 1) + (text_bytes + room.size());
    Log log(Log::budget_of({.max_bytes = 2 * most}), "family",
            Recovery::Bounds{.max_age = 1s, .max_session_bytes = most});
    auto const seen = log.append("seen");
    log.save("1", {room});
    log.save("2", {room});
    CHECK(log.hits.empty());
    log.save("3", {room + "r"});
    CHECK(log.recovery.session_count() == 2);
    CHECK(log.hits == std::vector<std::string>{"max_recovery_bytes"});
    CHECK(log.missed("3", seen) == "none");
    CHECK(log.missed("1", seen) == "");
    // Nor does it come back as what it was before it grew.
    log.save("2", {room + "r"});
    CHECK(log.missed("2", seen) == "none");
}

TEST_CASE("recovery: an offset and its text") {
    for (RecoveryOffset const offset : {RecoveryOffset{1, 0}, {63, 1}, {64, 2}, {~0ULL, ~0ULL}}) {
        CHECK(RecoveryOffset::parse(offset.text()) == offset);
    }
    CHECK(RecoveryOffset{1'700'000'000'000, 0}.text() == "OlFvMW0");
    CHECK(RecoveryOffset{64, 1}.text() == "10.0");
    for (auto const* const text : {"1.", "01", "1.00", "1.x", "1.-1", "1 ", "!", "zzzzzzzzzzzz",
                                   "1.18446744073709551615", "1.18446744073709551616", "."}) {
        CHECK_MESSAGE(!RecoveryOffset::parse(text), text);
    }
}

TEST_CASE("recovery: what could not be told is told later") {
    Log log(RecoveryBudget::Bounds{.max_packets = 1});
    log.on_a_shard = false;
    for (auto const* const name : {"1", "2", "3"}) {
        log.append(name);
    }
    log.hits.clear();
    log.on_a_shard = true;
    log.append("4");
    CHECK(log.hits.size() == 3);
}

TEST_CASE("recovery: one session saved over and over does not push out the others") {
    Log log;
    auto const seen = log.append("seen");
    log.save("a");
    for (int i = 0; i < 1'000; ++i) {
        log.save("b");
    }
    CHECK(log.recovery.session_count() == 2);
    CHECK(log.missed("a", seen) == "");
}

}  // namespace recovery_test
