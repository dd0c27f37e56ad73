#include "socketio/recovery.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using socketio::EncodedPacket;
using socketio::Json;
using socketio::Recovery;
using socketio::SavedSession;
using socketio::Selection;
using namespace std::chrono_literals;

namespace {

// A log whose packets are told by a name instead of their bytes.
struct Log {
    explicit Log(std::chrono::milliseconds limit = 1'000ms) : recovery(limit) {}

    std::string append(std::string const& name, Selection selection = {}) {
        std::string used;
        recovery.append(now, std::move(selection), [&](std::string_view offset) {
            used = offset;
            return EncodedPacket{false, name, {}};
        });
        return used;
    }
    void save(std::string const& sid, std::vector<std::string> rooms = {}) {
        recovery.save(now, {sid, "pid of " + sid, std::move(rooms), Json(sid)});
    }
    // Names of the missed packets, or "none" if the session can't be restored.
    std::string missed(std::string const& sid, std::string const& offset) {
        auto const restored = recovery.restore(now, "pid of " + sid, offset);
        if (!restored) {
            return "none";
        }
        CHECK(restored->session.sid == sid);
        CHECK(restored->session.data == Json(sid));
        std::string names;
        for (auto const& packet : restored->missed) {
            names += packet->main + " ";
        }
        return names;
    }

    Recovery recovery;
    Recovery::TimePoint now{};
};

}  // namespace

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
        auto const logged =
            log.recovery.append(log.now, {}, [](std::string_view) { return EncodedPacket{}; });
        CHECK(logged.position == last + 1);
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
    SUBCASE("the position covers the log") {
        auto const restored = log.recovery.restore(log.now, "pid of me", seen);
        REQUIRE(restored);
        auto const next =
            log.recovery.append(log.now, {}, [](std::string_view) { return EncodedPacket{}; });
        CHECK(next.position == restored->position + 1);
    }
}

TEST_CASE("recovery: sessions and events expire after the same time") {
    Log log(1'000ms);
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
    for (std::size_t i = 0; i < socketio::max_recovery_log_packets; ++i) {
        log.append("x");
    }
    CHECK(log.recovery.log_size() == socketio::max_recovery_log_packets);
    CHECK(log.missed("0", first) == "none");
    for (std::size_t i = 1; i <= socketio::max_recovery_sessions; ++i) {
        log.save(std::to_string(i));
    }
    CHECK(log.recovery.session_count() == socketio::max_recovery_sessions);
    auto const last = log.append("last");
    CHECK(log.missed("0", last) == "none");
    CHECK(log.missed("1", last) == "");
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
