// Connection state recovery over a restart: what one Recovery knows, given to another by way of a
// file.

#include "socketio/recovery_file.hpp"
#include "socketio/recovery.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

namespace recovery_file_test {

namespace fs = std::filesystem;
using namespace socketio;
using namespace std::chrono_literals;
using std::chrono::system_clock;

namespace {

constexpr auto max_age = 1'000ms;

// One process: the recovery of a namespace, packets told by a name instead of their bytes.
struct Process {
    explicit Process(unsigned shards, RecoveryBudget::Bounds all = {})
        : budget(std::make_shared<RecoveryBudget>(all)),
          recovery(
              Recovery::Bounds{max_age}, shards, budget, this,
              [](std::string_view) { return true; },
              [this](Recovery::TimePoint due) { forget_at = due; }) {}

    Recovery::Logged log(std::string const& name, Selection selection = {}) {
        return recovery.append(
            now, std::move(selection),
            [&](std::string_view offset) {
                offsets[name] = offset;
                return EncodedPacket{true, name, {"bytes of " + name}};
            },
            [](unsigned) { return true; });
    }
    void append(std::string const& name, Selection selection = {}, unsigned shard = 0) {
        recovery.note(log(name, std::move(selection)), shard);
    }
    void save(std::string const& sid, std::vector<std::string> rooms, unsigned shard,
              std::uint64_t base = 0) {
        Json data = Json::object({{"of", sid}, {"binary", Binary{std::string("\0\xFF", 2)}}});
        recovery.save(now, {sid, "pid of " + sid, std::move(rooms), std::move(data)}, shard, base);
    }
    std::string missed(std::string const& sid, std::string const& offset, unsigned shard = 0) {
        auto const found = recovery.find(now, "pid of " + sid, offset);
        auto const resumed = recovery.resume(now, "pid of " + sid, offset, shard);
        if (!found || !resumed) {
            return "none";
        }
        CHECK(found->sid == sid);
        CHECK(found->data["of"] == Json(sid));
        CHECK(found->data["binary"].binary()->bytes.size() == 2);
        std::string names;
        for (auto const& packet : resumed->packets) {
            CHECK(packet->binary_main);
            CHECK(packet->attachments == std::vector<std::string>{"bytes of " + packet->main});
            names += packet->main + " ";
        }
        return names;
    }

    Recovery::TimePoint forget_at{};  // as the recovery wants it
    std::shared_ptr<RecoveryBudget> budget;
    Recovery recovery;
    Recovery::TimePoint now{24h};
    system_clock::time_point wall{};
    std::map<std::string, std::string> offsets;
};

// A file of this test's own.
struct StateFile {
    StateFile() : path((fs::temp_directory_path() / "hubbub-state-XXXXXX").string()) {
        ::close(::mkstemp(path.data()));
        fs::remove(path);
    }
    ~StateFile() {
        fs::remove(path);
        fs::remove(path + ".unreadable");
    }

    void keep(Process const& process, std::string const& name = "/") {
        auto state = process.recovery.state(process.now, process.wall);
        state.name = name;
        RecoveryFile(path, max_age, process.wall).write({std::move(state)}, process.wall);
    }
    bool bring_back(Process& process, std::string const& name = "/") {
        auto state = RecoveryFile(path, max_age, process.wall).take(name);
        if (state) {
            process.recovery.restore(process.now, process.wall, *std::move(state));
        }
        return state.has_value();
    }
    void put(std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

    std::string path;
};

}  // namespace

TEST_CASE("recovery file: who comes back to the next server is brought what it missed") {
    StateFile file;
    Process first(2);
    first.append("seen");
    first.save("me", {"room"}, 0);
    first.append("all");
    first.append("mine", {{"room"}, {}});
    first.append("other", {{"elsewhere"}, {}});
    first.append("but me", {{}, {"me"}});
    file.keep(first);
    for (unsigned shards : {1, 2, 5}) {
        CAPTURE(shards);
        Process next(shards);
        REQUIRE(file.bring_back(next));
        auto const seen = first.offsets["seen"];
        CHECK(next.missed("you", seen) == "none");
        CHECK(next.missed("me", "never given") == "none");
        next.append("since", {}, shards - 1);
        CHECK(next.missed("me", seen, shards - 1) == "all mine since ");
        CHECK(next.offsets["since"] != first.offsets["but me"]);
        CHECK(next.recovery.position() == 6);
        SUBCASE("and is kept once more") {
            auto const base = next.recovery.position();
            next.append("live", {}, shards - 1);
            next.save("me", {"room"}, shards - 1, base);
            next.append("last");
            file.keep(next);
            Process third(1);
            REQUIRE(file.bring_back(third));
            CHECK(third.missed("me", next.offsets["live"]) == "last ");
        }
        file.keep(first);
    }
}

TEST_CASE("recovery file: time goes on while no server is there") {
    StateFile file;
    Process first(1);
    first.append("seen");
    first.now += 300ms;
    first.append("missed");
    first.save("me", {}, 0);
    file.keep(first);
    Process next(1);
    next.now = Recovery::TimePoint(5s);  // of another boot
    auto const come_back = [&](std::chrono::milliseconds later) {
        next.wall = first.wall + later;
        bool const kept = file.bring_back(next);
        return kept ? next.missed("me", first.offsets["seen"]) : "none";
    };
    SUBCASE("in time") {
        CHECK(come_back(700ms) == "missed ");
        CHECK(next.forget_at > next.now);
        next.now = next.forget_at;
        next.recovery.forget(next.now);
        CHECK(next.recovery.log_size() == 0);
    }
    SUBCASE("too late") {
        CHECK(come_back(701ms) == "none");
    }
    SUBCASE("much too late") {
        CHECK(come_back(24h) == "none");
        CHECK(next.recovery.log_size() == 0);
        CHECK(next.recovery.session_count() == 0);
    }
    SUBCASE("the clock was set back meanwhile") {
        CHECK(come_back(-24h) == "missed ");
    }
}

TEST_CASE("recovery file: is read once, by its owner, and what nobody has taken stays") {
    StateFile file;
    Process first(1);
    first.append("seen");
    SUBCASE("nobody to wait for, no file") {
        file.keep(first);
        CHECK(!fs::exists(file.path));
    }
    SUBCASE("one of a dynamic namespace that the next server has not met") {
        first.save("me", {}, 0);
        file.keep(first, "/dynamic");
        CHECK((fs::status(file.path).permissions() & fs::perms::mask) ==
              (fs::perms::owner_read | fs::perms::owner_write));
        {
            RecoveryFile second(file.path, max_age, first.wall);
            CHECK(!fs::exists(file.path));
            CHECK(!second.take("/"));
            second.write({}, first.wall);
        }
        RecoveryFile third(file.path, max_age, first.wall);
        CHECK(third.take("/dynamic"));
        CHECK(!third.take("/dynamic"));
        third.write({}, first.wall);
        CHECK(!fs::exists(file.path));
    }
    SUBCASE("remains of a server that was killed while it wrote") {
        std::ofstream(file.path + ".new") << "half";
        first.save("me", {}, 0);
        file.keep(first);
        CHECK(!fs::exists(file.path + ".new"));
        Process next(1);
        CHECK(file.bring_back(next));
    }
    SUBCASE("a folder that does not let us write costs the state, not the server") {
        RecoveryFile nowhere("/nonexistent/folder/state", max_age, first.wall);
        first.save("me", {}, 0);
        nowhere.write({first.recovery.state(first.now, first.wall)}, first.wall);
    }
}

TEST_CASE("recovery file: what nobody asks for goes in time, however often it is written again") {
    StateFile file;
    Process first(1);
    first.append("old");
    first.now += 800ms;
    first.wall += 800ms;
    first.append("seen");
    first.save("me", {}, 0);
    first.append("missed");
    file.keep(first, "/dynamic");
    auto const at = [&](std::chrono::milliseconds later) { return first.wall + later; };
    SUBCASE("events first, when no session needs them") {
        RecoveryFile(file.path, max_age, at(900ms)).write({}, at(900ms));
        auto state = RecoveryFile(file.path, max_age, at(900ms)).take("/dynamic");
        REQUIRE(state);
        CHECK(state->events.size() == 2);
        CHECK(state->first_position == 2);
        Process next(1);
        next.recovery.restore(next.now, at(900ms), *std::move(state));
        CHECK(next.missed("me", first.offsets["seen"]) == "missed ");
    }
    SUBCASE("when it is read") {
        CHECK(RecoveryFile(file.path, max_age, at(max_age)).take("/dynamic"));
        file.keep(first, "/dynamic");
        CHECK(!RecoveryFile(file.path, max_age, at(max_age + 1ms)).take("/dynamic"));
    }
    SUBCASE("when it is written again") {
        RecoveryFile(file.path, max_age, at(0ms)).write({}, at(max_age));
        CHECK(fs::exists(file.path));
        RecoveryFile(file.path, max_age, at(0ms)).write({}, at(max_age + 1ms));
        CHECK(!fs::exists(file.path));
    }
    SUBCASE("meanwhile") {
        RecoveryFile kept(file.path, max_age, at(0ms));
        CHECK_FALSE(kept.forget(at(max_age)));
        CHECK(kept.forget(at(max_age + 1ms)));
        CHECK(!kept.take("/dynamic"));
    }
    SUBCASE("by a clock that was set back, too") {
        RecoveryFile kept(file.path, max_age, at(-1h));
        CHECK_FALSE(kept.forget(at(max_age - 1h)));
        CHECK(kept.forget(at(max_age - 1h + 1ms)));
    }
    SUBCASE("in a server, too, which looks after it") {
        first.wall = system_clock::now();
        file.keep(first, "/dynamic");
        ServerOptions options;
        options.connection_state_recovery =
            RecoveryOptions{.max_disconnection_duration = 60s, .file = file.path};
        for (std::size_t const timers : {1, 0}) {  // the first one takes the file
            rig::World world(options);
            world.core().open();
            world.settle();
            CHECK(world.shard(0).timers().armed_count() == timers);
        }
    }
}

TEST_CASE("recovery file: what is no state of ours brings nothing back and does no harm") {
    StateFile file;
    Process first(2);
    first.append("seen");
    first.save("me", {"room"}, 0);
    first.append("missed");
    file.keep(first);
    std::ifstream kept(file.path, std::ios::binary);
    std::string const whole{std::istreambuf_iterator<char>(kept), {}};
    SUBCASE("cut anywhere") {
        for (std::size_t length = 0; length < whole.size(); ++length) {
            file.put(whole.substr(0, length));
            CHECK(!RecoveryFile(file.path, max_age, first.wall).take("/"));
            CHECK(!fs::exists(file.path));
            CHECK(fs::file_size(file.path + ".unreadable") == length);  // it may be anything
        }
    }
    SUBCASE("any byte another one") {
        std::mt19937 dice(7);
        for (std::size_t at = 0; at < whole.size(); ++at) {
            auto bytes = whole;
            bytes[at] = static_cast<char>(dice());
            file.put(bytes);
            Process next(1);
            if (file.bring_back(next)) {
                next.append("since");
                for (auto const* const event : {"seen", "missed"}) {
                    next.recovery.resume(next.now, "pid of me", first.offsets[event], 0);
                }
            }
        }
    }
}

TEST_CASE("recovery file: what is brought back is bounded as what is kept") {
    Process first(1);
    for (auto const* const name : {"1", "2", "3"}) {
        first.append(name);
        first.save(name, {}, 0, first.recovery.position());
    }
    Process next(1, {.max_packets = 2, .max_sessions = 1});
    next.recovery.restore(next.now, next.wall, first.recovery.state(first.now, first.wall));
    CHECK(next.recovery.log_size() == 2);
    CHECK(next.recovery.session_count() == 1);
    CHECK(next.missed("2", first.offsets["2"]) == "none");
    CHECK(next.missed("3", first.offsets["2"]) == "3 ");
}

TEST_CASE("recovery file: who has heard more than there was is not known") {
    Process first(2);
    first.append("seen");
    first.save("me", {"room"}, 0);
    first.append("missed");
    auto state = first.recovery.state(first.now, first.wall);
    state.sessions.at(0).heard_low = 1'000'000;
    Process next(1);
    next.recovery.restore(next.now, next.wall, std::move(state));
    CHECK_FALSE(next.recovery.resume(next.now, "pid of me", first.offsets["seen"], 0));
}

TEST_CASE("recovery file: what is older than any clock is forgotten at once") {
    for (std::int64_t const date : {-8'000'000'000'000, -9'007'199'254'740'991}) {
        Process first(1);
        auto const offset = (first.append("seen"), first.offsets["seen"]);
        first.save("me", {}, 0);
        auto state = first.recovery.state(first.now, first.wall);
        state.events[0].time = date;
        state.sessions[0].time = date;
        Process next(1);
        next.recovery.restore(next.now, next.wall, std::move(state));
        CHECK_FALSE(next.recovery.find(next.now, "pid of me", offset));
        CHECK(next.recovery.log_size() == 0);
        CHECK(next.recovery.session_count() == 0);
    }
}

TEST_CASE("recovery file: events in another order than their offsets bring nothing back") {
    Process first(1);
    first.append("seen");
    first.append("missed");
    first.save("me", {}, 0);
    auto state = first.recovery.state(first.now, first.wall);
    SUBCASE("exchanged") {
        std::swap(state.events[0].offset, state.events[1].offset);
    }
    SUBCASE("the same") {
        state.events[1].offset = state.events[0].offset;
    }
    SUBCASE("no offset") {
        state.events[0].offset = "?";
    }
    Process next(1);
    next.recovery.restore(next.now, next.wall, std::move(state));
    CHECK(next.recovery.log_size() == 0);
    CHECK(next.recovery.session_count() == 0);
}

TEST_CASE("recovery file: of two threads that make a namespace, the quicker one's has its part") {
    StateFile file;
    Process first(1);
    first.wall = system_clock::now();
    first.append("seen");
    first.save("me", {}, 0);
    file.keep(first, "/late");
    ServerOptions options;
    options.connection_state_recovery =
        RecoveryOptions{.max_disconnection_duration = 60s, .file = file.path};
    rig::World world(options);
    world.core().of("/late", [&](Namespace&) { world.of("/late"); });
    world.open("a");
    world.say("a", {R"(40/late,{"pid":"pid of me","offset":")" + first.offsets["seen"] + "\"}"});
    world.gets("a", R"(40/late,{"sid":"me","pid":"pid of me"})");
}

TEST_CASE("recovery file: brings the same as without a restart, in whatever order shards deliver") {
    // Three shards deliver twenty events, each in an order of its own; three sockets leave.
    auto const history = [](unsigned seed) {
        auto process = std::make_unique<Process>(3);
        std::mt19937 dice(seed);
        std::vector<std::vector<Recovery::Logged>> waiting(3);
        for (int i = 0; i < 20; ++i) {
            auto const event = process->log(std::to_string(i));
            for (unsigned shard = 0; shard < 3; ++shard) {
                waiting[shard].push_back(event);
                while (!waiting[shard].empty() && dice() % 2 == 0) {
                    auto const at = waiting[shard].begin() + dice() % waiting[shard].size();
                    process->recovery.note(*at, shard);
                    waiting[shard].erase(at);
                }
            }
            if (i % 7 == 6) {
                process->save("s" + std::to_string(i), {}, dice() % 3, dice() % 4);
            }
        }
        return process;
    };
    for (unsigned seed = 0; seed < 20; ++seed) {
        for (int probe = 0; probe < 60; ++probe) {
            auto const sid = "s" + std::to_string(probe % 3 * 7 + 6);
            auto const event = std::to_string(probe / 3);
            CAPTURE(seed);
            CAPTURE(sid);
            CAPTURE(event);
            auto const one = history(seed);
            Process other(2);
            other.recovery.restore(other.now, other.wall, one->recovery.state(one->now, one->wall));
            auto const offset = one->offsets[event];
            CHECK(other.missed(sid, offset, 1) == one->missed(sid, offset, 1));
        }
    }
}

}  // namespace recovery_file_test
