// Options at the largest value of their type, which says "without limit": what is computed from
// them must not wrap around, and make a server that ends everybody at once.

#include "engineio/engine_group.hpp"
#include "socketio/limits.hpp"
#include "socketio/socketio.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace extremes_test {

using namespace socketio;
using rig::World;
using namespace std::chrono_literals;

namespace {

constexpr auto ever = std::chrono::milliseconds::max();
constexpr auto any = std::numeric_limits<std::size_t>::max();
constexpr std::size_t any32 = std::numeric_limits<std::uint32_t>::max();  // refused above it
constexpr engineio::net::Rate often{std::numeric_limits<double>::max(), ever};

using Change = std::function<void(ServerOptions&)>;
using Changes = std::vector<std::pair<std::string, Change>>;

Changes times() {
    return {{"connect_timeout", [](auto& o) { o.connect_timeout = ever; }},
            {"ping_interval", [](auto& o) { o.ping_interval = ever; }},
            {"ping_timeout", [](auto& o) { o.ping_timeout = ever; }},
            {"upgrade_timeout", [](auto& o) { o.upgrade_timeout = ever; }},
            {"destroy_upgrade_timeout", [](auto& o) { o.destroy_upgrade_timeout = ever; }},
            {"middleware_timeout", [](auto& o) { o.limits.middleware_timeout = ever; }},
            {"headers_timeout", [](auto& o) { o.http.headers_timeout = ever; }},
            {"request_timeout", [](auto& o) { o.http.request_timeout = ever; }},
            {"keep_alive_timeout", [](auto& o) { o.http.keep_alive_timeout = ever; }},
            {"max_disconnection_duration", [](auto& o) {
                 o.connection_state_recovery = RecoveryOptions{.max_disconnection_duration = ever};
             }}};
}

Changes sizes_of_sockets() {
    return {{"max_attachments", [](auto& o) { o.limits.packet.max_attachments = any; }},
            {"max_attachment_bytes", [](auto& o) { o.limits.packet.max_attachment_bytes = any; }},
            {"max_rooms", [](auto& o) { o.limits.max_rooms = any; }},
            {"max_room_bytes", [](auto& o) { o.limits.max_room_bytes = any; }},
            {"max_sockets", [](auto& o) { o.limits.max_sockets = any; }},
            {"max_auth_bytes", [](auto& o) { o.limits.max_auth_bytes = any; }},
            {"max_pending_acks", [](auto& o) { o.limits.max_pending_acks = any; }},
            {"max_unfinished_handlers",
             [](auto& o) {
                 o.limits.max_unfinished_handlers = any;
                 o.limits.max_unfinished_handlers_closing = any;
             }},
            {"max_unfinished_handlers_closing",
             [](auto& o) { o.limits.max_unfinished_handlers_closing = any; }},
            {"max_unfinished_bytes",
             [](auto& o) {
                 o.limits.max_unfinished_bytes = any;
                 o.limits.max_unfinished_bytes_closing = any;
             }},
            {"max_unfinished_bytes_closing",
             [](auto& o) { o.limits.max_unfinished_bytes_closing = any; }},
            {"max_dynamic_namespaces", [](auto& o) { o.limits.max_dynamic_namespaces = any; }},
            {"recovery", [](auto& o) {
                 o.connection_state_recovery =
                     RecoveryOptions{.max_packets = any, .max_bytes = any, .max_sessions = any};
             }}};
}

Changes sizes_of_sessions() {
    return {
        {"max_http_buffer_size", [](auto& o) { o.max_http_buffer_size = any; }},
        {"max_payload_packets", [](auto& o) { o.limits.session.max_payload_packets = any; }},
        {"max_fragments", [](auto& o) { o.limits.session.max_fragments = any32; }},
        {"packet_rate", [](auto& o) { o.limits.session.packet_rate = often; }},
        {"byte_rate", [](auto& o) { o.limits.session.byte_rate = often; }},
        {"handshake_rate", [](auto& o) { o.limits.session.handshake_rate = often; }},
        {"handshake_rate_per_address",
         [](auto& o) { o.limits.session.handshake_rate_per_address = often; }},
        {"max_sessions", [](auto& o) { o.limits.session.max_sessions = any; }},
        {"max_sessions_per_address",
         [](auto& o) { o.limits.session.max_sessions_per_address = any; }},
        {"max_unfinished_upgrades",
         [](auto& o) { o.limits.session.max_unfinished_upgrades = any; }},
        {"max_unclaimed_upgrades", [](auto& o) { o.limits.session.max_unclaimed_upgrades = any; }},
        {"high_water_bytes",
         [](auto& o) {
             o.limits.session.high_water_bytes = any32;
             o.limits.session.max_buffered_bytes = any32;
         }},
        {"max_buffered_bytes", [](auto& o) { o.limits.session.max_buffered_bytes = any32; }}};
}

Changes all() {
    auto changes = times();
    for (auto const& more : {sizes_of_sockets(), sizes_of_sessions()}) {
        changes.insert(changes.end(), more.begin(), more.end());
    }
    changes.push_back({"all of them", [changes](auto& o) {
                           for (auto const& [name, change] : changes) {
                               change(o);
                           }
                           o.connection_state_recovery->max_disconnection_duration = ever;
                       }});
    return changes;
}

// The next thing but pings, which are answered.
std::string heard(World& world, std::string const& name) {
    while (auto const packet = world.take(name)) {
        if (*packet != "2") {
            return *packet;
        }
        world.say(name, {"3"});
    }
    return {};
}

void echoes(World& world, std::string const& name) {
    world.say(name, {R"(42["echo","x"])"});
    CHECK(heard(world, name).starts_with(R"(42["echo","x")"));
}

void serve(World& world) {
    world.io().on("echo", [](Socket& socket, std::string text) { socket.emit("echo", text); });
    world.core().open();
}

}  // namespace

TEST_CASE("extremes: with every option at its largest a client connects, echoes and stays") {
    for (auto const& [name, change] : all()) {
        CAPTURE(name);
        ServerOptions options;
        change(options);
        CHECK_NOTHROW(check_limits(options));
        CHECK_NOTHROW(engineio::EngineGroup(engine_options(options)));
        World world(options);
        serve(world);
        world.open("a");
        world.advance(30s);  // time for the connect timeout to be none
        while (world.take("a")) {
        }
        world.say("a", {"3", "40"});
        CHECK(heard(world, "a").starts_with("40{"));
        echoes(world, "a");
        for (int i = 0; i < 20; ++i) {
            world.advance(20s);
            CHECK(heard(world, "a").empty());
        }
        echoes(world, "a");
        CHECK(world.metrics().limit_hits.empty());
        world.cut("a");
        world.settle();
        CHECK(world.metrics().sessions == 0);
    }
}

TEST_CASE("extremes: a heartbeat without end is no heartbeat without pause") {
    for (int const protocol : {3, 4}) {
        engineio::Options options;
        options.ping_interval = ever;
        options.ping_timeout = ever;
        rig::Play play(options, protocol);
        play.start(engineio::TransportName::websocket);
        CHECK(play.transport->take().has_value());  // open
        play.shard.advance(10min);
        CHECK_FALSE(play.transport->take());
        CHECK(play.closes.empty());
    }
}

TEST_CASE("extremes: clients are promised what their timers can wait for") {
    ServerOptions options;
    options.ping_interval = ever;
    options.ping_timeout = ever;
    engineio::EngineGroup const group(engine_options(options));
    auto const both = group.options().ping_interval + group.options().ping_timeout;
    CHECK(both.count() <= std::numeric_limits<std::int32_t>::max());
    CHECK(both > 24h * 24);
    options.ping_interval = engineio::limits::max_ping_time - 1ms;
    CHECK(engineio::EngineGroup(engine_options(options)).options().ping_interval ==
          options.ping_interval);
}

TEST_CASE("extremes: who may come back at any time does come back") {
    ServerOptions options;
    options.connection_state_recovery = RecoveryOptions{.max_disconnection_duration = ever};
    options.ping_interval = ever;  // a connection's end may be noticed so late
    World world(options);
    serve(world);
    world.open("a");
    world.say("a", {"40"});
    world.gets("a", "40{*");
    world.say("a", {R"(42["echo","x"])"});
    world.gets("a", R"(42["echo","x",*)");
    world.cut("a");
    world.advance(1h);
    world.turn(0, [&] { world.io().emit("missed"); });
    world.settle();
    world.open("b");
    world.say("b", {R"(40{"pid":"{pid:a}","offset":"{offset:a}"})"});
    world.gets("b", R"(42["missed",*)");
    world.gets("b", R"(40{"sid":"{sid:a}",*)");
}

TEST_CASE("extremes: what is kept of a client counts from a limit, not beyond it") {
    ServerOptions options;
    options.max_http_buffer_size = any / 8;
    CHECK(unfinished_bytes(options) == any / 8 * 4);
    CHECK(unfinished_bytes_closing(options) == any);
    options.max_http_buffer_size = any;
    CHECK(unfinished_bytes(options) == any);
    CHECK(unfinished_bytes_closing(options) == any);
    CHECK_NOTHROW(check_limits(options));
    options.limits.max_unfinished_bytes_closing = any - 1;
    CHECK_THROWS_AS(check_limits(options), std::invalid_argument);
}

TEST_CASE("extremes: recovery for less than no time is refused by name") {
    ServerOptions options;
    options.connection_state_recovery = RecoveryOptions{.max_disconnection_duration = -1ms};
    CHECK_THROWS_WITH_AS(
        check_limits(options),
        "connection_state_recovery.max_disconnection_duration: must not be negative",
        std::invalid_argument);
}

}  // namespace extremes_test
