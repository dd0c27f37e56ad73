// What the log says of a client that meets a limit again and again.

#include "engineio/limits.hpp"

#include "socketio/socketio.hpp"
#include "tests/rig/captured_log.hpp"
#include "tests/rig/met_limits.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace limit_lines_test {

using namespace socketio;
using rig::hits;
using rig::ServerRig;
using rig::World;

TEST_CASE("limits: one that a client meets again and again is one line in the log, seldom") {
    rig::CapturedLog log;
    ServerOptions options;
    options.limits.max_room_bytes = 5;
    std::vector<std::string> const twice(2, R"(42["join","123456"])");
    ServerRig(options)
        .serves([&](World& world) {
            log.take();  // what an earlier world has left
            world.io().on("join", [](Socket& socket, std::string const& room) {
                static_cast<void>(socket.join(room));
            });
        })
        .connects("a")
        .says("a", twice)
        .says("a", twice)
        .checks([&](World& world) {
            CHECK(log.take() == "limits: max_room_bytes met by " + world.peer("a").sid + "\n");
            CHECK(hits(world, "max_room_bytes") == 4);
        })
        .advance(engineio::limits::limit_log_interval)
        .connects("b")
        .says("b", twice)
        .checks([&](World& world) {
            CHECK(log.take() == "limits: max_room_bytes met by " + world.peer("b").sid +
                                    ", 3 more since the last line\n");
            CHECK(hits(world, "max_room_bytes") == 6);
            CHECK(world.metrics().limit_hits.size() == 1);
        })
        .run();
}

}  // namespace limit_lines_test
