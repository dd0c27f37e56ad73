// What the recoveries of all namespaces keep together, and who gives way.

#include "socketio/recovery_budget.hpp"
#include "socketio/socketio.hpp"
#include "tests/rig/met_limits.hpp"
#include "tests/unit/socketio/recovery_log.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace recovery_budget_test {

using recovery_test::Log;
using rig::hits;
using rig::Quiet;
using rig::ServerRig;
using rig::World;
using namespace socketio;
using namespace std::chrono_literals;

namespace {

constexpr auto games = "games";
constexpr auto chat = "chat";

void append(Log& log, int times) {
    for (int i = 0; i < times; ++i) {
        log.append("x");
    }
}

void save(Log& log, int times, std::vector<std::string> const& rooms = {}) {
    for (int i = 0; i < times; ++i) {
        log.save(std::to_string(log.recovery.session_count() + 1), rooms);
    }
}

}  // namespace

TEST_CASE("recovery budget: the sum is bounded, whoever has added the last and whoever is idle") {
    auto const budget = Log::budget_of({.max_packets = 100});
    std::vector<std::unique_ptr<Log>> logs;
    for (int i = 0; i < 20; ++i) {
        append(*logs.emplace_back(std::make_unique<Log>(budget, games)), 50);
        CHECK(budget->amounts()[RecoveryBudget::packets] == (i == 0 ? 50 : 100));
    }
    std::size_t sum = 0;
    std::size_t hits = 0;
    for (auto const& log : logs) {
        sum += log->recovery.log_size();
        hits += log->hits.size();
    }
    CHECK(sum == 100);
    CHECK(hits == 20 * 50 - 100);  // each that gave way has told so
}

TEST_CASE("recovery budget: who has the most gives way, in the family that has the most") {
    auto const budget = Log::budget_of({.max_packets = 12});
    Log lobby(budget, chat);
    Log quiet(budget, games);
    Log busy(budget, games);
    append(lobby, 4);
    append(quiet, 1);
    append(busy, 7);
    CHECK(busy.hits.empty());
    append(busy, 100);
    CHECK(lobby.recovery.log_size() == 4);
    CHECK(quiet.recovery.log_size() == 1);
    CHECK(busy.recovery.log_size() == 7);
    CHECK(busy.recovery.position() == 107);
    SUBCASE("which is soon another one, and the first need not do anything for it") {
        append(quiet, 100);
        CHECK(lobby.recovery.log_size() == 4);
        CHECK(quiet.recovery.log_size() == 4);
        CHECK(busy.recovery.log_size() == 4);
        CHECK(lobby.hits.empty());
    }
    SUBCASE("up to equal parts of the families, not of the namespaces") {
        append(lobby, 100);
        CHECK(lobby.recovery.log_size() == 6);
        CHECK(quiet.recovery.log_size() == 1);
        CHECK(busy.recovery.log_size() == 5);
    }
    SUBCASE("and all is for who is left") {
        lobby.now += 2s;
        CHECK(lobby.recovery.forget(lobby.now) == std::nullopt);
        append(busy, 100);
        CHECK(busy.recovery.log_size() == 11);
        Log(budget, "a third").append("x");
        CHECK(busy.recovery.log_size() == 10);
        append(busy, 1);
        CHECK(busy.recovery.log_size() == 11);
        CHECK(budget->amounts()[RecoveryBudget::packets] == 12);
    }
}

TEST_CASE("recovery budget: one under, at and one over, of each kind, by who was idle") {
    constexpr std::size_t packet = engineio::limits::recovery_packet_bytes + 1;
    auto const room = std::string(100, 'r');
    auto const session = engineio::limits::recovery_session_bytes + 1 + 8 + sizeof(Json) + 1 +
                         engineio::limits::recovery_text_bytes + room.size();
    auto const sizes = [](RecoveryBudget::Bounds bounds, auto const& fill, auto const& one_more) {
        auto const budget = Log::budget_of(bounds);
        Log idle(budget, games);
        Log other(budget, chat);
        fill(idle);
        CHECK(idle.hits.empty());
        one_more(other);  // at the bound
        CHECK(idle.hits.empty());
        one_more(other);
        CHECK(other.hits.empty());
        return std::pair(idle.recovery.log_size() + idle.recovery.session_count(), idle.hits);
    };
    auto const append_3 = [](Log& log) { append(log, 3); };
    auto const append_1 = [](Log& log) { append(log, 1); };
    auto const save_3 = [&room](Log& log) { save(log, 3, {room}); };
    auto const save_1 = [&room](Log& log) { save(log, 1, {room}); };
    using Hits = std::vector<std::string>;
    CHECK(sizes({.max_packets = 4}, append_3, append_1) ==
          std::pair(std::size_t{2}, Hits{"max_recovery_packets"}));
    CHECK(sizes({.max_bytes = 4 * packet}, append_3, append_1) ==
          std::pair(std::size_t{2}, Hits{"max_recovery_bytes"}));
    CHECK(sizes({.max_sessions = 4}, save_3, save_1) ==
          std::pair(std::size_t{2}, Hits{"max_recovery_sessions"}));
    CHECK(sizes({.max_bytes = 4 * session}, save_3, save_1) ==
          std::pair(std::size_t{2}, Hits{"max_recovery_bytes"}));
}

TEST_CASE("recovery budget: who gives way knows what is left, as if it had been too old") {
    auto const budget = Log::budget_of({.max_packets = 4, .max_sessions = 4});
    Log idle(budget, games);
    auto const first = idle.append("first");
    idle.save("a");
    idle.save("b");
    auto const second = idle.append("second");
    append(idle, 2);
    save(idle, 1);
    Log other(budget, games);
    append(other, 1);
    save(other, 2);
    CHECK(idle.missed("a", second) == "none");
    CHECK(idle.missed("b", first) == "none");
    CHECK(idle.missed("b", second) == "x x ");
    SUBCASE("down to nothing") {
        Log large(Log::budget_of({.max_bytes = 1}), games);
        large.append("x");
        large.save("me");
        CHECK(large.recovery.log_size() == 0);
        CHECK(large.recovery.session_count() == 0);
        CHECK(large.recovery.position() == 1);
    }
}

TEST_CASE("recovery budget: what a session has heard out of order counts when it comes back") {
    auto const budget = Log::budget_of({});
    Log log(budget, games, {.max_age = 1s}, 2);
    auto const late = log.log("late");
    log.recovery.note(log.log("early"), 1);
    log.save("me", {}, 1);
    auto const before = budget->amounts()[RecoveryBudget::session_bytes];
    CHECK(log.missed("me", log.offsets["early"]) == "late ");
    CHECK(budget->amounts()[RecoveryBudget::session_bytes] == before + sizeof(std::uint64_t));
    log.recovery.note(late, 1);
}

TEST_CASE("recovery budget: many threads") {
    auto const budget = Log::budget_of({.max_packets = 200, .max_sessions = 100});
    std::array<std::unique_ptr<Log>, 3> shared;
    for (auto& log : shared) {
        log = std::make_unique<Log>(budget, games);
    }
    std::vector<std::thread> threads;
    for (auto& log : shared) {
        threads.emplace_back([&log, &budget] {
            for (int i = 0; i < 500; ++i) {
                append(*log, 1);
                log->save(std::to_string(i));
                Log short_lived(budget, chat);
                append(short_lived, i % 5);
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    std::size_t packets = 0;
    std::size_t sessions = 0;
    for (auto const& log : shared) {
        packets += log->recovery.log_size();
        sessions += log->recovery.session_count();
    }
    CHECK(packets == budget->amounts()[RecoveryBudget::packets]);
    CHECK(packets <= 200);
    CHECK(sessions == budget->amounts()[RecoveryBudget::sessions]);
    CHECK(sessions == 100);
}

TEST_CASE_FIXTURE(Quiet,
                  "limits: recovery of all namespaces that clients name, and of the others") {
    ServerOptions options;
    options.connection_state_recovery = RecoveryOptions{.max_packets = 10, .max_sessions = 6};
    World world(options);
    auto& family = world.core().of_matching(
        [](std::string const& name, Json const&) { return name.starts_with("/game-"); }, true);
    family.on("move", [](Socket& socket) { socket.broadcast().emit("moved"); });
    world.open("a");
    world.say("a", {"40"});
    world.gets("a", "40{*");
    world.turn(0, [&] { world.io().emit("1"); });
    world.gets("a", R"(42["1",*)");
    world.cut("a");
    world.turn(0, [&] { world.io().emit("2"); });
    world.open("flood");
    for (int game = 0; game < 8; ++game) {
        auto const name = "/game-" + std::to_string(game) + ",";
        world.say("flood", {"40" + name});
        world.gets("flood", "40" + name + "{*");
        world.say("flood", std::vector<std::string>(10, "42" + name + R"(["move"])"));
    }
    CHECK(hits(world, "max_recovery_packets") == 2 + 80 - 10);
    world.cut("flood");
    CHECK(hits(world, "max_recovery_sessions") == 1 + 8 - 6);
    world.open("again");
    world.say("again", {world.filled(R"(40{"pid":"{pid:a}","offset":"{offset:a}"})")});
    world.gets("again", R"(42["2",*)");
    world.gets("again", world.filled(R"(40{"sid":"{sid:a}*)"));
    world.cut_all();
}

}  // namespace recovery_budget_test
