// Ten thousand clients come, do a bit of everything and go: nothing may stay behind.

#include "socketio/socketio.hpp"
#include "socketio/text_parser.hpp"
#include "tests/rig/allocated.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace cycles_test {

using rig::World;
using socketio::Admission;
using socketio::Args;
using socketio::Event;
using socketio::Socket;
using socketio::Task;
using namespace std::chrono_literals;

namespace {

constexpr int warm_up = 500;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool counts_bytes = false;  // their allocators do not tell
constexpr int cycles = 1000;          // ten times as slow there, and their leaks need no number
#else
constexpr bool counts_bytes = true;
constexpr int cycles = 10'000;
#endif
// Hash tables and queues that grew once; a leak of four bytes a cycle is more.
constexpr std::size_t tolerated_bytes = 40'000;

socketio::ServerOptions busy_options() {
    socketio::ServerOptions options;
    options.cleanup_empty_child_namespaces = true;
    return options;
}

void serve_everything(World& world) {
    auto& io = world.io();
    io.use([](Socket& socket) -> Task<Admission> {
        socket.join("everybody");
        co_await socketio::sleep_for(10ms);
        co_return Admission{};
    });
    io.on_create_room([](std::string_view) {});
    io.on("join", [](Socket& socket, std::vector<std::string> rooms) {
        socket.join(rooms);
        socket.to("everybody").emit("joined", rooms);
    });
    io.on("ask me", [](Socket& socket) -> Task<int> {
        auto const answer = co_await socket.timeout(1s).emit_with_ack<int>("q");
        co_return answer ? *answer : -1;
    });
    io.on("ask for ever", [](Socket& socket) -> Task<void> {
        static_cast<void>(co_await socket.emit_with_ack("q"));
    });
    io.once("once", [] { return true; });
    io.on_connection([](Socket& socket) {
        socket.data().set("text", "some data");
        socket.data<std::vector<int>>().resize(10);
        socket.on("own",
                  [self = socketio::SocketPtr(&socket)](Args args) { self->emit("own", args); });
        socket.on_any_outgoing([](Event const&) {});
        socket.use([](Socket&, Event const&) { return Admission{}; });
        socket.conn().on_close([](engineio::CloseReason, std::string_view) {});
    });
    world.core()
        .of_matching([](std::string const&, socketio::Json const&) { return true; }, false)
        .on_connection([](Socket& socket) { socket.join("r"); });
}

void drain(World& world) {
    while (world.take("c")) {
    }
}

void cycle(World& world, int i) {
    auto const transport =
        i % 3 == 0 ? engineio::TransportName::polling : engineio::TransportName::websocket;
    auto const shard = static_cast<unsigned>(i) % 2;
    world.open("c", shard, transport);
    world.say("c", {"40", "40/dynamic-" + std::to_string(i) + ","});
    world.settle();
    world.advance(20ms);
    world.poll("c");
    drain(world);
    world.say("c", {R"(42["join",["a","b","c"]])", R"(421["ask me"])", R"(42["ask for ever"])",
                    R"(422["once"])", R"(42["own",{"k":[1,2,3]},"text"])",
                    R"(451-["own",{"_placeholder":true,"num":0}])", "b:bytes"});
    world.settle();
    world.poll("c");
    drain(world);
    // On the client's shard: waking another one leaves an entry in a queue that only threads empty.
    world.turn(shard, [&world, i] { world.io().to("a").emit("broadcast", i); });
    if (i % 2 == 0) {
        world.say("c", {"41"});
        world.settle();
    }
    world.cut("c");
    world.settle();
    drain(world);
}

}  // namespace

TEST_CASE("cycles: thousands of clients leave memory, rooms, acks and timers as they were") {
    World world(busy_options(), 2);
    serve_everything(world);
    world.core().open();
    int i = 0;
    for (; i < warm_up; ++i) {
        cycle(world, i);
    }
    auto const before = rig::allocated_bytes();
    for (; i < warm_up + cycles; ++i) {
        cycle(world, i);
        if (i % 1000 == 0) {
            CHECK(world.metrics().pending_acks == 0);
        }
    }
    auto const after = rig::allocated_bytes();
    CHECK(after < before + tolerated_bytes);
    CHECK(world.connects == warm_up + cycles);
    CHECK(world.metrics().pending_acks == 0);
    CHECK(world.metrics().buffered_bytes == 0);
    CHECK(world.core().namespace_count() == 1);
    world.check_clean();
}

TEST_CASE("cycles: a megabyte of brackets is not a hundred megabytes") {
    std::string text = R"(51-["a")";
    while (text.size() < 1'000'000) {
        text += "," + std::string(30, '[') + "0" + std::string(30, ']');
    }
    text += "]";
    auto const before = rig::allocated_bytes();
    socketio::TextDecoder decoder;
    CHECK(decoder.on_text(text).kind == socketio::DecodeResult::Kind::need_more);
    CHECK(rig::allocated_bytes() < before + 2 * text.size());  // while the attachment is waited for
    auto const whole = decoder.on_binary("x");
    CHECK(whole.kind == socketio::DecodeResult::Kind::packet);
    CHECK(whole.packet.data.size() > 10'000);
    CHECK(rig::allocated_bytes() < before + 40 * text.size());
}

TEST_CASE("cycles: what recovery keeps is forgotten in time, though nothing happens any more") {
    socketio::ServerOptions options;
    options.connection_state_recovery = {.max_disconnection_duration = 10s};
    World world(options, 2);
    world.core().open();
    auto const before = rig::allocated_bytes();
    SUBCASE("on a shard") {
        world.turn(1, [&world] { world.io().emit("large", std::string(1'000'000, 'x')); });
    }
    SUBCASE("on any other thread") {
        world.io().emit("large", std::string(1'000'000, 'x'));
    }
    world.advance(9s);
    CHECK((rig::allocated_bytes() > before + 1'000'000 || !counts_bytes));
    world.advance(1s);
    CHECK(rig::allocated_bytes() < before + tolerated_bytes);
    world.check_clean();
}

}  // namespace cycles_test
