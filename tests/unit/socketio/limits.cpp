// Every limit of `ServerOptions::limits` one under, at and one over: what its client sees, what is
// counted, and that a neighbour is served all the same.

#include "socketio/limits.hpp"

#include "socketio/socketio.hpp"
#include "socketio/text_parser.hpp"
#include "tests/rig/met_limits.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

namespace limits_test {

using namespace socketio;
using rig::hits;
using rig::Quiet;
using rig::ServerRig;
using rig::World;
using namespace std::chrono_literals;

namespace {

ServerOptions with(SocketLimits const& limits, std::shared_ptr<Parser const> parser = {}) {
    ServerOptions options;
    options.limits = limits;
    options.parser = std::move(parser);
    return options;
}

// The engine packets of an event, as ServerRig::says takes them.
std::vector<std::string> event(std::shared_ptr<Parser const> const& parser, Json const& data) {
    auto const packet = parser->encode(PacketType::event, "/", std::nullopt,
                                       [&](Writer& writer) { write(writer, data); });
    std::vector<std::string> all{(packet.binary_main ? "b:" : "4") + packet.main};
    for (auto const& attachment : packet.attachments) {
        all.push_back("b:" + attachment);
    }
    return all;
}

// The packets of CONNECT, too.
std::vector<std::string> hello(std::shared_ptr<Parser const> const& parser) {
    auto const packet = parser->encode(PacketType::connect, "/", std::nullopt, nullptr);
    return {(packet.binary_main ? "b:" : "4") + packet.main};
}

// A server with a neighbour and "a", who says `packets`: they arrive, or end the connection of "a"
// by `limit`, after on_error has heard `error`.
void says(ServerOptions const& options, std::vector<std::string> const& packets,
          std::string const& limit = {}, std::string const& error = {}) {
    auto const parser = options.parser ? options.parser : text_parser();
    ServerRig rig(options);
    rig.serves([](World& world) {
        world.io().on("e", [&world](Args) { world.note("arrived"); });
        world.io().on("raw", [&world](RawJson) { world.note("arrived"); });
        world.io().on_error([&world](Socket&, EventError const& why) { world.note(why.message); });
    });
    for (auto const* const name : {"neighbour", "a"}) {
        rig.opens(name).says(name, hello(parser)).checks([=](World& world) {
            REQUIRE(world.take(name).has_value());
        });
    }
    rig.says("a", packets);
    if (limit.empty()) {
        rig.notes("arrived").stays_open("a");
    } else {
        rig.notes(error).ended("a");
    }
    rig.checks([=](World& world) {
           CHECK(world.metrics().limit_hits.size() == (limit.empty() ? 0 : 1));
           CHECK(hits(world, limit) == (limit.empty() ? 0 : 1));
       })
        .says("neighbour", event(parser, Json::array({"e"})))
        .notes("arrived")
        .run();
}

// `levels` arrays around nothing.
Json nested(std::size_t levels) {
    Json json = Json::array();
    for (std::size_t i = 1; i < levels; ++i) {
        json = Json::array({std::move(json)});
    }
    return json;
}

Json attachments(std::size_t count, std::size_t bytes) {
    Json data = Json::array({"e"});
    for (std::size_t i = 0; i < count; ++i) {
        data.push_back(Binary{std::string(bytes, 'x')});
    }
    return data;
}

}  // namespace

TEST_CASE_FIXTURE(Quiet, "limits: attachments of a packet") {
    auto const text = text_parser();
    for (std::size_t const most : {3U, 10U, 12U}) {
        auto const options = with({.packet = {.max_attachments = most}});
        says(options, event(text, attachments(most - 1, 1)));
        says(options, event(text, attachments(most, 1)));
        // The announcement is enough.
        says(options, {event(text, attachments(most + 1, 1)).front()}, "max_attachments",
             "too many attachments");
    }
    says(with({.packet = {.max_attachments = 0}}), {R"(42["e"])"});
    says(with({.packet = {.max_attachments = 0}}), {event(text, attachments(1, 1)).front()},
         "max_attachments", "too many attachments");
}

TEST_CASE_FIXTURE(Quiet, "limits: bytes of a packet's attachments together") {
    auto const text = text_parser();
    auto const options = with({.packet = {.max_attachment_bytes = 30}});
    says(options, event(text, Json::array({"e", Binary{std::string(29, 'x')}})));
    says(options, event(text, attachments(3, 10)));
    says(options, event(text, attachments(1, 31)), "max_attachment_bytes", "attachments too large");
    // The third is not waited for.
    auto three = event(text, attachments(3, 16));
    three.pop_back();
    says(options, three, "max_attachment_bytes", "attachments too large");
    // By default as many as there may be of the largest size.
    TextDecoder decoder;
    DecodeResult result;
    for (auto const& message : event(text, attachments(10, 1'000'000))) {
        result = message.starts_with('4') ? decoder.on_text(message.substr(1))
                                          : decoder.on_binary(message.substr(2));
    }
    CHECK(result.kind == DecodeResult::Kind::packet);
}

TEST_CASE_FIXTURE(Quiet, "limits: nesting of a packet's data") {
    for (auto const& parser : {text_parser(), msgpack_parser()}) {
        for (std::size_t const most : {2U, 40U, 512U}) {
            CAPTURE(most);
            auto const options = with({.packet = {.max_json_depth = most}}, parser);
            // The array of the event is a level, too.
            auto const deep = [&](std::size_t levels) {
                return event(parser, levels > 1 ? Json::array({"e", nested(levels - 1)})
                                                : Json::array({"e"}));
            };
            says(options, deep(most - 1));
            says(options, deep(most));
            says(options, deep(most + 1), "max_json_depth", "payload nested too deep");
        }
    }
}

TEST_CASE_FIXTURE(Quiet, "limits: nesting of text that is passed on raw, and within strings") {
    auto const options = with({.packet = {.max_json_depth = 3}});
    says(options, {R"(42["raw",[{}]])"});
    says(options, {R"(42["raw",[[[]]]])"}, "max_json_depth", "payload nested too deep");
    says(options, {R"(42["e","[[[[\"[[[{{{"])"});
    says(options, {R"(42["e","\\",[[[]]]])"}, "max_json_depth", "payload nested too deep");
    CHECK(nesting_of("]]}}[{") == 2);
    CHECK(nesting_of("\"[") == 0);
}

TEST_CASE_FIXTURE(Quiet, "limits: what is only malformed meets no limit") {
    CHECK(TextDecoder().on_text("2[[[").limit.empty());
    CHECK(TextDecoder().on_text("5x-[]").limit.empty());
    CHECK(TextDecoder().on_text("2" + std::string(600, '[')).limit == "max_json_depth");
}

TEST_CASE_FIXTURE(Quiet, "limits: the name of a room") {
    ServerRig(with({.max_room_bytes = 5}))
        .serves([](World& world) {
            world.io().on(
                "join", [](Socket& socket, std::string const& room) { return socket.join(room); });
        })
        .connects("a")
        .says("a", {R"(420["join","1234"])", R"(421["join","12345"])"})
        .gets("a", "430[true]")
        .gets("a", "431[true]")
        .checks([](World& world) { CHECK(hits(world, "max_room_bytes") == 0); })
        .says("a", {R"(422["join","123456"])"})
        .gets("a", "432[false]")
        .checks([](World& world) { CHECK(hits(world, "max_room_bytes") == 1); })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: rooms of a socket") {
    ServerRig(with({.max_rooms = 3}))
        .serves([](World& world) {
            world.io().on("join", [](Socket& socket, std::vector<std::string> const& rooms) {
                return socket.join(rooms);
            });
            world.io().on("leave",
                          [](Socket& socket, std::string const& room) { socket.leave(room); });
            world.io().on("rooms", [](Socket& socket) { return socket.rooms().size(); });
        })
        .connects("a")
        .connects("neighbour")
        .says("a", {R"(420["join",["1","2"]])", R"(421["join",["3"]])"})
        .gets("a", "430[true]")
        .gets("a", "431[true]")
        .checks([](World& world) { CHECK(hits(world, "max_rooms") == 0); })
        .says("a", {R"(422["join",["1","4"]])", R"(423["rooms"])"})
        .gets("a", "432[false]")
        .gets("a", "433[4]")
        .checks([](World& world) { CHECK(hits(world, "max_rooms") == 1); })
        // Where it is already, and its own, it may join as often as it likes.
        .says("a", {R"(424["join",["3","2"]])", R"(425["join",["{sid:a}"]])"})
        .gets("a", "434[true]")
        .gets("a", "435[true]")
        .says("a", {R"(42["leave","1"])", R"(426["join",["4"]])"})
        .gets("a", "436[true]")
        .does([](World& world) { world.io().sockets_join("all"); })
        .checks([](World& world) { CHECK(hits(world, "max_rooms") == 2); })
        .says("neighbour", {R"(420["rooms"])"})
        .gets("neighbour", "430[2]")
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: a listener to rooms that ends the socket ends its joining") {
    ServerRig()
        .serves([](World& world) {
            world.io().on("join", [](Socket& socket) { socket.join({"1", "2"}); });
            world.io().on_join_room([&world](std::string_view room, std::string_view) {
                if (room == "1") {
                    world.io().disconnect_sockets();
                }
                world.note(std::string(room.substr(0, 1)));
            });
        })
        .opens("a")
        .says("a", {"40"})
        .does([](World& world) { world.notes.clear(); })
        .says("a", {R"(42["join"])"})
        .notes("1")
        .notes_nothing()
        .checks([](World& world) { world.turn(0, [&] { CHECK(world.io().room_count() == 0); }); })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: sockets of a connection, connecting ones included") {
    ServerRig(with({.max_sockets = 3}))
        .serves([](World& world) {
            world.of("/b");
            world.of("/c").use([](Socket&) -> Task<Admission> {
                co_await sleep_for(1s);
                co_return Admission{};
            });
            world.of("/d");
        })
        .connects("neighbour")
        .connects("a")
        .says("a", {"40/b,"})
        .gets("a", "40/b,{*")
        .says("a", {"40/c,"})
        .stays_open("a")
        .says("a", {"41/b,"})
        .says("a", {"40/d,"})
        .gets("a", "40/d,{*")
        .checks([](World& world) { CHECK(hits(world, "max_sockets") == 0); })
        .says("a", {"40/b,"})
        .ended("a")
        .checks([](World& world) { CHECK(hits(world, "max_sockets") == 1); })
        .says("neighbour", {"40/d,"})
        .gets("neighbour", "40/d,{*")
        .advance(1s)
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: memory of the auth payloads of a connection") {
    auto const auth = [](std::size_t brackets) {
        return R"({"k":)" + std::string(brackets, '[') + std::string(brackets, ']') + "}";
    };
    auto const memory = [](std::size_t brackets) {
        return sizeof(JsonObject::Member) + 1 + sizeof(Json) * brackets;
    };
    ServerRig(with({.max_auth_bytes = memory(4) + memory(2)}))
        .serves([](World& world) {
            world.of("/b");
            world.of("/c");
            world.of("/no").use([](Socket&) { return Admission(ConnectError{"no"}); });
        })
        .opens("a")
        .says("a", {"40/no," + auth(4)})
        .gets("a", "44/no,{*")
        .says("a", {"40/none," + auth(4)})
        .gets("a", "44/none,{*")
        .says("a", {"40/b," + auth(4)})
        .gets("a", "40/b,{*")
        .says("a", {"40" + auth(2)})
        .gets("a", "40{*")
        .checks([](World& world) { CHECK(hits(world, "max_auth_bytes") == 0); })
        .says("a", {"40/c"})
        .gets("a", R"(44/c,{"message":"Auth payload too large"})")
        .checks([](World& world) { CHECK(hits(world, "max_auth_bytes") == 1); })
        .says("a", {"41"})
        .says("a", {"40/c," + auth(2)})
        .gets("a", "40/c,{*")
        .opens("neighbour")
        .says("neighbour", {"40/c," + auth(8)})
        .gets("neighbour", R"(44/c,{"message":"Auth payload too large"})")
        .says("neighbour", {"40/c," + auth(7)})
        .gets("neighbour", "40/c,{*")
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: acknowledgements awaited from a connection") {
    ServerRig(with({.max_pending_acks = 2}))
        .serves([](World& world) {
            auto const ask = [&world](Socket& socket) -> Task<void> {
                auto const answer = co_await socket.emit_with_ack<int>("q");
                world.note(answer ? std::to_string(*answer)
                                  : std::string(to_string(answer.error())));
            };
            world.io().on("ask", ask);
            world.of("/b").on("ask", ask);
        })
        .connects("neighbour")
        .connects("a")
        .says("a", {"40/b,"})
        .gets("a", "40/b,{*")
        .says("a", {R"(42["ask"])", R"(42/b,["ask"])"})
        .gets("a", R"(420["q"])")
        .gets("a", R"(42/b,0["q"])")
        .notes_nothing()
        .says("a", {R"(42["ask"])"})
        .gets_nothing("a")
        .notes("too many acknowledgements are awaited")
        .checks([](World& world) { CHECK(hits(world, "max_pending_acks") == 1); })
        .says("neighbour", {R"(42["ask"])"})
        .gets("neighbour", R"(421["q"])")
        .says("a", {"430[7]"})
        .notes("7")
        .says("a", {R"(42["ask"])"})
        .gets("a", R"(422["q"])")
        // A namespace that is left awaits nothing any more.
        .says("a", {"41/b,"})
        .notes("socket has been disconnected")
        .says("a", {R"(42["ask"])"})
        .gets("a", R"(423["q"])")
        .cuts("a")
        .cuts("neighbour")
        .run();
}

TEST_CASE_FIXTURE(Quiet,
                  "limits: who owes too many acknowledgements is missing in those of a broadcast") {
    ServerRig(with({.max_pending_acks = 1}), 2)
        .serves([](World& world) {
            world.io().on("ask", [](Socket& socket) -> Task<void> {
                static_cast<void>(co_await socket.emit_with_ack("q"));
            });
            world.io().on("vote", [&world]() -> Task<void> {
                auto const votes = co_await world.io().timeout(1s).emit_with_ack<int>("v");
                world.note(std::to_string(votes.replies.size()) + " of " +
                           std::to_string(votes.replies.size() + votes.missing));
            });
        })
        .connects("a")
        .connects("neighbour", 1)
        .connects("caller")
        .says("a", {R"(42["ask"])"})
        .gets("a", R"(420["q"])")
        .says("caller", {R"(42["vote"])"})
        .gets_nothing("a")
        .gets("neighbour", R"(421["v"])")
        .gets("caller", R"(421["v"])")
        .says("neighbour", {"431[1]"})
        .says("caller", {"431[2]"})
        .notes("2 of 3")
        .checks([](World& world) { CHECK(hits(world, "max_pending_acks") == 1); })
        .cuts("a")
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: middlewares that never decide") {
    auto const never = std::make_shared<std::vector<Next>>();
    ServerRig(with({.max_sockets = 2, .middleware_timeout = 5s}))
        .serves([never](World& world) {
            never->clear();
            auto& slow = world.of("/slow");
            slow.use([never](Socket& socket, Next next) {
                    socket.join("waiting");
                    never->push_back(std::move(next));
                })
                .use([&world](Socket&) { world.note("second"); });
            world.watch(slow);
        })
        .connects("neighbour")
        .connects("a")
        .says("a", {"40/slow,"})
        .advance(4900ms)
        .gets_nothing("a")
        .checks([](World& world) { CHECK(hits(world, "middleware_timeout") == 0); })
        .advance(100ms)
        .gets("a", R"(44/slow,{"message":"Middleware timeout"})")
        .checks([](World& world) {
            CHECK(hits(world, "middleware_timeout") == 1);
            world.turn(0, [&] { CHECK(world.of("/slow").room_count() == 0); });
        })
        // Too late.
        .does([never](World&) { never->front()(std::nullopt); })
        .gets_nothing("a")
        .notes_nothing()
        // Its place is free again; and who decides in time is not disturbed.
        .says("a", {"40/slow,"})
        .advance(4900ms)
        .does([never](World&) { never->back()(std::nullopt); })
        .notes("second")
        .gets("a", "40/slow,{*")
        .advance(1s)
        .stays_open("a")
        .gets_nothing("a")
        .says("neighbour", {"40/slow,"})
        .does([never](World&) { never->back()(std::nullopt); })
        .notes("second")
        .gets("neighbour", "40/slow,{*")
        .does([never](World&) { never->clear(); })
        .run();
    never->clear();
}

TEST_CASE_FIXTURE(Quiet, "limits: middlewares may have all the time of the world") {
    auto const wait = [](ServerOptions const& options, std::string const& answer) {
        ServerRig(options)
            .serves([](World& world) {
                world.of("/slow").use([](Socket&) -> Task<Admission> {
                    co_await sleep_for(60s);
                    co_return Admission{};
                });
            })
            .connects("a")
            .says("a", {"40/slow,"})
            .advance(25s)
            .gets("a", "2")
            .says("a", {"3"})
            .advance(25s)
            .gets("a", answer)
            .says("a", {"3"})
            .advance(11s)
            .run();
    };
    wait({}, R"(44/slow,{"message":"Middleware timeout"})");
    wait(with({.middleware_timeout = 0s}), "2");
}

TEST_CASE_FIXTURE(Quiet, "limits: unfinished handlers") {
    ServerRig(with({.max_unfinished_handlers = 2, .max_unfinished_handlers_closing = 5}))
        .serves([](World& world) {
            world.io().on("slow", [](Socket&) -> Task<void> { co_await sleep_for(1s); });
            world.io().on("quick", [] { return 1; });
        })
        .connects("neighbour")
        .connects("a")
        .says("a", {R"(42["slow"])", R"(42["slow"])"})
        .checks([](World& world) {
            CHECK_FALSE(world.peer("a").transport->reading_paused());
            CHECK(hits(world, "max_unfinished_handlers") == 0);
        })
        .says("a", {R"(42["slow"])"})
        .checks([](World& world) {
            CHECK(world.peer("a").transport->reading_paused());
            CHECK(hits(world, "max_unfinished_handlers") == 1);
        })
        .says("a", {R"(42["slow"])"})
        .stays_open("a")
        .checks([](World& world) { CHECK(hits(world, "max_unfinished_handlers_closing") == 0); })
        .says("a", {R"(42["slow"])"})
        .ended("a")
        .checks([](World& world) { CHECK(hits(world, "max_unfinished_handlers_closing") == 1); })
        .says("neighbour", {R"(420["quick"])"})
        .gets("neighbour", "430[1]")
        .advance(1s)
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: dynamic namespaces of the server") {
    auto options = with({.max_dynamic_namespaces = 2});
    options.cleanup_empty_child_namespaces = true;
    ServerRig(options)
        .serves([](World& world) {
            world.watch(world.core().of_matching(
                [](std::string const&, Json const&) { return true; }, true));
        })
        .opens("a")
        .opens("neighbour")
        .says("a", {"40/1,", "40/2,"})
        .gets("a", "40/1,{*")
        .gets("a", "40/2,{*")
        .checks([](World& world) { CHECK(hits(world, "max_dynamic_namespaces") == 0); })
        .says("a", {"40/3,"})
        .gets("a", R"(44/3,{"message":"Invalid namespace"})")
        .checks([](World& world) { CHECK(hits(world, "max_dynamic_namespaces") == 1); })
        .says("neighbour", {"40/2,"})
        .gets("neighbour", "40/2,{*")
        .says("a", {"41/1,"})
        .says("a", {"40/3,"})
        .gets("a", "40/3,{*")
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: many CONNECTs in one message bring a session back once") {
    ServerOptions options;
    options.connection_state_recovery = RecoveryOptions{};
    auto const connect = R"(40{"pid":"{pid:a}","offset":"{offset:a}"})";
    ServerRig(options)
        .connects("a")
        .does([](World& world) { world.io().emit("e"); })
        .gets("a", R"(42["e","*)")
        .cuts("a")
        .opens("b")
        .says("b", std::vector<std::string>(3, connect))
        .gets("b", R"(40{"sid":"{sid:a}*)")
        .gets("b", "40*")
        .checks([](World& world) { CHECK(world.peer("b").sid != world.peer("a").sid); })
        .gets("b", "40*")
        .checks([](World& world) { CHECK(world.peer("b").sid != world.peer("a").sid); })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: what recovery keeps") {
    ServerOptions options;
    options.connection_state_recovery = RecoveryOptions{.max_packets = 2, .max_sessions = 1};
    ServerRig(options)
        .connects("a")
        .connects("b")
        .does([](World& world) { world.io().emit("1", "x"); })
        .gets("a", R"(42["1",*)")
        .gets("b", R"(42["1",*)")
        .cuts("a")
        .does([](World& world) { world.io().emit("2", "x"); })
        .checks([](World& world) { CHECK(world.metrics().limit_hits.empty()); })
        .opens("again")
        .says("again", {R"(40{"pid":"{pid:a}","offset":"{offset:a}"})"})
        .gets("again", R"(42["2",*)")
        .gets("again", R"(40{"sid":"{sid:a}"*)")
        .checks([](World& world) { CHECK(world.metrics().limit_hits.empty()); })
        .cuts("b")  // that of "a" is forgotten, whose connection lives
        .does([](World& world) { world.io().emit("3", "x"); })
        .checks([](World& world) {
            CHECK(hits(world, "max_recovery_packets") == 1);
            CHECK(hits(world, "max_recovery_sessions") == 1);
        })
        // The first event, the last that "b" has, is forgotten: it begins anew.
        .opens("other")
        .says("other", {R"(40{"pid":"{pid:b}","offset":"{offset:b}"})"})
        .gets("other", "40*")
        .checks([](World& world) { CHECK(world.peer("other").sid != world.peer("b").sid); })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "limits: numbers that could not work are refused by name") {
    auto const refused = [](ServerOptions const& options) {
        try {
            World const world(options);
        } catch (std::invalid_argument const& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    CHECK(refused({}) == "accepted");
    CHECK(refused(with({.packet = {.max_json_depth = 0}})) ==
          "limits.packet.max_json_depth: 1 to 512");
    CHECK(refused(with({.packet = {.max_json_depth = 1}})) == "accepted");
    CHECK(refused(with({.packet = {.max_json_depth = 513}})) ==
          "limits.packet.max_json_depth: 1 to 512");
    CHECK(refused(with({.max_rooms = 0})) == "limits.max_rooms: must be at least 1");
    CHECK(refused(with({.max_room_bytes = 0})) == "limits.max_room_bytes: must be at least 1");
    CHECK(refused(with({.max_sockets = 0})) == "limits.max_sockets: must be at least 1");
    CHECK(refused(with({.max_auth_bytes = 0})) == "limits.max_auth_bytes: must be at least 1");
    CHECK(refused(with({.max_pending_acks = 0})) == "limits.max_pending_acks: must be at least 1");
    CHECK(refused(with({.middleware_timeout = -1ms})) ==
          "limits.middleware_timeout: must not be negative");
    CHECK(refused(with({.max_unfinished_handlers = 0})) ==
          "limits.max_unfinished_handlers: must be at least 1");
    CHECK(refused(with({.max_unfinished_handlers = 9, .max_unfinished_handlers_closing = 9})) ==
          "limits.max_unfinished_handlers_closing: must be more than "
          "limits.max_unfinished_handlers");
    CHECK(refused(with({.max_dynamic_namespaces = 0})) ==
          "limits.max_dynamic_namespaces: must be at least 1");
    for (auto const& [recovery, name] : std::vector<std::pair<RecoveryOptions, std::string>>{
             {{.max_packets = 0}, "max_packets"},
             {{.max_bytes = 0}, "max_bytes"},
             {{.max_sessions = 0}, "max_sessions"}}) {
        ServerOptions options;
        options.connection_state_recovery = recovery;
        CHECK(refused(options) == "connection_state_recovery." + name + ": must be at least 1");
    }
}

}  // namespace limits_test
