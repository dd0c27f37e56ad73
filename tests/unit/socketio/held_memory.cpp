// What the answers to broadcasts, and clients that come back, may make a server hold: one under, at
// and one over.

#include "socketio/answer_budget.hpp"
#include "socketio/missed_messages.hpp"
#include "socketio/socketio.hpp"
#include "tests/rig/met_limits.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace held_memory_test {

using namespace socketio;
using rig::hits;
using rig::Quiet;
using rig::ServerRig;
using rig::World;
using namespace std::chrono_literals;

namespace {

ServerOptions with(SocketLimits const& limits) {
    ServerOptions options;
    options.limits = limits;
    return options;
}

// A JSON string that weighs so much more than one of 1,000 bytes.
std::string ack(int id, int more) {
    return "43" + std::to_string(id) + "[\"" + std::string(1'000 + more, 'x') + "\"]";
}

std::size_t weight_of_1000() {
    return Json(std::string(1'000, 'x')).memory();
}

template <class T>
Task<void> ask_all(World& world) {
    auto const got = co_await world.io().timeout(1s).emit_with_ack<T>("q");
    world.note(std::to_string(got.replies.size()) + " missing " + std::to_string(got.missing));
}

}  // namespace

TEST_CASE_FIXTURE(Quiet, "limits: memory of the answers to a broadcast") {
    ServerRig rig(with({.max_answer_bytes = 4 * weight_of_1000()}));
    for (auto const* const name : {"a", "b", "c", "d", "e", "f"}) {
        rig.connects(name);
    }
    rig.does([](World& world) { spawn(ask_all<Json>(world)); })
        .says("a", {ack(0, +1)})  // a quarter is the most
        .checks([](World& world) {
            CHECK(hits(world, "max_answer_bytes") == 1);
            CHECK(world.core().answer_bytes(0) == 0);
        })
        .says("b", {ack(0, 0)})
        .says("c", {ack(0, 0)})
        .says("d", {ack(0, 0)})
        .says("e", {ack(0, -1)})
        .checks([](World& world) {
            CHECK(hits(world, "max_answer_bytes") == 1);
            CHECK(world.core().answer_bytes(0) == 4 * weight_of_1000() - 1);
        })
        .says("f", {"430[1]"})
        .notes("4 missing 2")
        .checks([](World& world) {
            CHECK(hits(world, "max_answer_bytes") == 2);
            CHECK(world.core().answer_bytes(0) == 0);
        })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: answers are kept as what was asked for") {
    ServerRig rig(with({.max_answer_bytes = 4'000}));
    auto const trees = "[" + std::string("[[0],[0],[0],[0],[0],[0],[0],[0]]") + "]";
    for (auto const* const name : {"a", "b", "c"}) {
        rig.connects(name);
    }
    rig.does([](World& world) { spawn(ask_all<bool>(world)); })
        .says("a", {"430" + trees})
        .says("b", {"430[true]"})
        .checks([](World& world) { CHECK(world.core().answer_bytes(0) == 0); })
        .says("c", {"430[false]"})
        .notes("2 missing 1")
        .does([](World& world) { spawn(ask_all<std::string>(world)); })
        .says("a", {ack(1, 0)})  // as its bytes, not as a tree of one leaf
        .checks([](World& world) { CHECK(world.core().answer_bytes(0) == 1'000); })
        .says("b", {ack(1, 1)})
        .says("c", {"431" + trees})
        .notes("1 missing 2")
        .does([](World& world) { spawn(ask_all<std::vector<int>>(world)); })
        .says("a", {"432[[1,2,3]]"})
        .checks([](World& world) { CHECK(world.core().answer_bytes(0) == 3 * sizeof(int)); })
        .does([](World& world) { spawn(ask_all<Json>(world)); })
        .says("a", {"433[1]"})
        .checks([](World& world) {
            CHECK(world.core().answer_bytes(0) == 3 * sizeof(int) + Json(1).memory());
        })
        .advance(2s)
        .notes("1 missing 2")
        .notes("1 missing 2")
        .checks([](World& world) {
            CHECK(world.core().answer_bytes(0) == 0);
            CHECK(hits(world, "max_answer_bytes") == 1);
        })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: the answers to all broadcasts of a shard") {
    ServerRig()
        .does([](World& world) {
            auto& shard = world.shard(0);
            std::size_t sum = 0;
            detail::AnswerBudget first(shard, 8, sum), second(shard, 8, sum), third(shard, 8, sum),
                fourth(shard, 8, sum), fifth(shard, 8, sum);
            for (auto* const budget : {&first, &second, &third, &fourth}) {
                CHECK_FALSE(budget->admit(3));
                for (int i = 0; i < 4; ++i) {
                    CHECK(budget->admit(2));
                }
                CHECK_FALSE(budget->admit(1));
                CHECK(budget->admit(0));
            }
            CHECK(sum == 32);
            CHECK_FALSE(fifth.admit(1));
            second.release();
            second.release();
            CHECK(sum == 24);
            CHECK(fifth.admit(1));
        })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: an answer that comes before it is awaited") {
    ServerRig(with({.max_answer_bytes = 4 * weight_of_1000()}))
        .serves([](World& world) {
            auto const tell = [&world](Result<Json, AckError> const& answer) {
                world.note(answer ? std::to_string(answer->string()->size())
                                  : std::string(to_string(answer.error())));
            };
            world.io().on("now", [tell](Socket& socket) -> Task<void> {
                tell(co_await socket.emit_with_ack<Json>("q"));
            });
            world.io().on("later", [tell](Socket& socket) -> Task<void> {
                auto reply = socket.emit_with_ack<Json>("q");
                co_await sleep_for(1s);
                tell(co_await reply);
            });
        })
        .connects("a")
        .says("a", {R"(42["now"])", R"(42["later"])", R"(42["later"])"})
        .says("a", {ack(0, 1), ack(1, 0), ack(2, 1)})
        .notes("1001")
        .advance(2s)
        .notes("1000")
        .notes("the acknowledgement is too large")
        .checks([](World& world) { CHECK(hits(world, "max_answer_bytes") == 1); })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: what a client has missed that comes back") {
    for (bool const over : {false, true}) {
        CAPTURE(over);
        // Half of that may be missed: the second event, whose offset is as long as the time wants,
        // and what its message takes.
        auto const around = 10'000 - engineio::limits::missed_message_bytes;
        auto const missed = over ? around : around - 40;
        auto options = with({.session = {.max_buffered_bytes = 20'000}});
        options.connection_state_recovery = RecoveryOptions{};
        ServerRig(options)
            .connects("a")
            .does([](World& world) { world.io().emit("1"); })
            .gets("a", R"(42["1",*)")
            .cuts("a")
            .does([=](World& world) { world.io().emit("2", std::string(missed, 'x')); })
            .opens("again")
            .says("again", {R"(40{"pid":"{pid:a}","offset":"{offset:a}"})"})
            .checks([=](World& world) {
                if (!over) {
                    world.gets("again", R"(42["2",*)");
                }
                world.gets("again", "40*");
                CHECK((world.peer("again").sid == world.peer("a").sid) == !over);
                CHECK(hits(world, "max_recovery_missed_bytes") == (over ? 1 : 0));
            })
            .run();
    }
}

TEST_CASE_FIXTURE(Quiet, "limits: who has missed the same shares its messages until it has them") {
    World world;
    auto& missed = world.core().missed_messages(0);
    std::weak_ptr<EncodedPacket const> kept;
    Messages unread;
    world.turn(0, [&] {
        auto const packet_of = [](std::size_t bytes) {
            return std::make_shared<EncodedPacket const>(
                EncodedPacket{false, std::string(bytes, 'x'), {}});
        };
        auto const large = packet_of(engineio::limits::min_shared_missed_bytes);
        auto const small = packet_of(engineio::limits::min_shared_missed_bytes - 1);
        kept = large;
        unread = missed.of(large, world.shard(0));
        CHECK(unread[0].payload() == "4" + large->main);
        CHECK(missed.of(large, world.shard(0))[0].same(unread[0]));
        auto const again = missed.of(small, world.shard(0));
        CHECK_FALSE(missed.of(small, world.shard(0))[0].same(again[0]));
    });
    world.advance(12s);
    CHECK_FALSE(kept.expired());
    unread.clear();
    world.advance(6s);
    CHECK(kept.expired());
    CHECK(world.shard(0).timers().armed_count() == 0);
}

}  // namespace held_memory_test
