#include "socketio/raw_json.hpp"

#include "engineio/net/log.hpp"
#include "socketio/socketio.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace raw_json_test {

using rig::ServerRig;
using rig::World;
using socketio::Ack;
using socketio::Json;
using socketio::RawJson;
using socketio::Socket;

namespace {

struct Envelope {
    int version = 0;
    RawJson body;
    SIO_JSON(Envelope, version, body)
};

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

// A random text near JSON: pieces of the grammar, mostly in a sensible order.
std::string near_json(std::mt19937& random) {
    static std::vector<std::string> const pieces = {
        "[",      "]",    "{",    "}",      ",",  ":",  "\"a\"", "\"\"",        "1",
        "-0",     "0.5",  "1e9",  "01",     "-",  "1.", ".5",    "1e",          "true",
        "false",  "null", "nul",  " ",      "\n", "\"", "\"\\",  "\"\\u00e9\"", "\"\\x\"",
        "\"\t\"", "\x01", "1E+2", "\"k\":", "[]", "{}"};
    std::string text;
    auto const count = std::uniform_int_distribution<int>(1, 9)(random);
    for (int i = 0; i < count; ++i) {
        text += pieces[random() % pieces.size()];
    }
    return text;
}

}  // namespace

TEST_CASE("RawJson accepts exactly what Json::parse accepts") {
    for (auto const* const text : {"1", " 1 ", "[]", "{}", "[[],{}]", R"({"a":[1,{"b":null}]})",
                                   "1e400", "-0.0e-7", R"("\ud800")", R"("\u0000\/")", "[1 , 2 ]",
                                   "{\"a\" : 1 , \"b\":2}", "\t[ ]\r\n", "true"}) {
        CAPTURE(text);
        CHECK(RawJson::parse(text));
        CHECK(Json::parse(text));
    }
    for (auto const* const text :
         {"",           " ",     "[",     "]",   "[1,]",     "[,1]",        "{\"a\"}",  "{\"a\":}",
          "{\"a\":1,}", "{1:2}", "[1 2]", "01",  "1.",       ".1",          "+1",       "1e",
          "--1",        "tru",   "nulll", "\"",  "\"\\q\"",  "\"\\u12g4\"", "\"\x01\"", "[}",
          "{]",         "[1}",   "1 1",   "'a'", "\"\xff\"", "{,}",         "[\"a\":1]"}) {
        CAPTURE(text);
        CHECK_FALSE(RawJson::parse(text));
    }
    CHECK(RawJson::parse(nested(socketio::max_json_depth)));
    CHECK_FALSE(RawJson::parse(nested(socketio::max_json_depth + 1)));
    CHECK_FALSE(RawJson::parse(std::string("1\0", 2)));

    std::mt19937 random(20261121);
    int valid = 0;
    for (int i = 0; i < 200'000; ++i) {
        auto const text = near_json(random);
        CAPTURE(text);
        bool const expected = Json::parse(text).has_value();
        valid += expected;
        REQUIRE(RawJson::parse(text).has_value() == expected);
    }
    CHECK(valid > 5000);
}

TEST_CASE("RawJson: the parts of an event") {
    using Args = std::vector<std::string>;
    CHECK(socketio::split_event(R"(["e"])") == Args{});
    CHECK(socketio::split_event(R"( ["e" , {"a": [1, 2]},  "x,]" ,3 ] )") ==
          std::nullopt);  // the decoder has nothing to gain from leading blanks
    CHECK(socketio::split_event(R"(["e" , {"a": [1, 2]},  "x,]" ,3 ] )") ==
          Args{R"({"a": [1, 2]})", R"("x,]")", "3"});
    for (auto const* const text :
         {"[]", "[", R"(["e",])", R"(["e" 1])", R"(["e"]])", R"({"e":1})"}) {
        CAPTURE(text);
        CHECK_FALSE(socketio::split_event(text));
    }
    CHECK(socketio::split_event("[\"e\"," + nested(socketio::max_json_depth - 1) + "]"));
    CHECK_FALSE(socketio::split_event("[\"e\"," + nested(socketio::max_json_depth) + "]"));
    CHECK(socketio::peek_event_name(R"(["name",1])") == "name");
    CHECK(socketio::peek_event_name(R"(["",1])") == "");
    CHECK_FALSE(socketio::peek_event_name(R"(["a\u0062"])"));
    CHECK_FALSE(socketio::peek_event_name(R"([1])"));
    CHECK_FALSE(socketio::peek_event_name(R"(["open)"));
}

TEST_CASE("RawJson: an event is relayed as it was written") {
    ServerRig()
        .serves([](World& world) {
            world.io().on("relay", [](Socket& socket, RawJson value) {
                socket.broadcast().emit("relay", value);
            });
            world.io().on("two", [](Socket& socket, RawJson a, RawJson b, Ack<RawJson, int> ack) {
                socket.emit("two", b, a);
                ack(a, 1);
            });
            world.io().on("back", [](RawJson value) { return value; });
        })
        .connects("a")
        .connects("b")
        .says("a", {R"(42["relay",{"a": 1.50,"a":1e400, "\u0041":"\ud800"}])"})
        .gets("b", R"(42["relay",{"a": 1.50,"a":1e400, "\u0041":"\ud800"}])")
        .says("a", {R"(427["two", 1 ,[ ]])"})
        .gets("a", R"(42["two",[ ],1])")
        .gets("a", R"(437[1,1])")
        .says("a", {R"(428["back",2,"ignored"])"})
        .gets("a", R"(438[2])")
        .says("a", {R"(42["back"])", R"(429["back",null])"})
        .gets("a", R"(439[null])")
        .run();
}

TEST_CASE("RawJson: broken text closes the connection as ever") {
    for (auto const* const packet : {R"(42["relay",{]])", R"(42["relay",01])", R"(42["relay",1],)",
                                     R"(42["relay")", R"(42["relay",tru])"}) {
        CAPTURE(packet);
        ServerRig()
            .serves([](World& world) { world.io().on("relay", [](RawJson) {}); })
            .connects("a")
            .says("a", {packet})
            .ended("a")
            .run();
    }
}

TEST_CASE("RawJson works beside everything that needs values") {
    auto const rig = [](std::function<void(World&)> more) {
        ServerRig result;
        result
            .serves([more](World& world) {
                world.io().on("e",
                              [](Socket& socket, RawJson value) { socket.emit("raw", value); });
                more(world);
            })
            .connects("a")
            .says("a", {R"(42["e",{"b":1.0}])"});
        return result;
    };
    SUBCASE("a typed handler of the same event") {
        rig([](World& world) {
            world.io().on("e", [&world](Json value) { world.note(value.dump()); });
        })
            .gets("a", R"(42["raw",{"b":1}])")
            .notes(R"({"b":1})")
            .run();
    }
    SUBCASE("a listener to any event") {
        rig([](World& world) {
            world.io().on_any(
                [&world](socketio::Event const& event) { world.note(event.args[0].dump()); });
        })
            .gets("a", R"(42["raw",{"b":1}])")
            .notes(R"({"b":1})")
            .run();
    }
    SUBCASE("a middleware") {
        rig([](World& world) {
            world.io().use_event([&world](Socket&, socketio::Event const& event) {
                world.note(event.args[0].dump());
            });
        })
            .gets("a", R"(42["raw",{"b":1}])")
            .notes(R"({"b":1})")
            .run();
    }
    SUBCASE("listeners of the socket") {
        rig([](World& world) {
            world.io().on_connection([&world](Socket& socket) {
                socket.on("e", [&world](int, int) { world.note("never"); });
                socket.on("e", [&world](Json value) { world.note(value.dump()); });
            });
            world.io().on_invalid([&world](Socket&, socketio::Event const& event) {
                world.note("invalid " + event.args[0].dump());
            });
        })
            .gets("a", R"(42["raw",{"b":1}])")
            .notes(R"(invalid {"b":1})")
            .notes(R"({"b":1})")
            .run();
    }
    SUBCASE("nobody: the text is untouched") {
        rig([](World&) {}).gets("a", R"(42["raw",{"b":1.0}])").run();
    }
}

TEST_CASE("RawJson: a listener that comes between decoding and handling") {
    ServerRig()
        .serves([](World& world) {
            world.io().on("first", [&world](Socket& socket) {
                socket.on("e", [&world](std::vector<int> list) {
                    world.note("typed " + std::to_string(list.size()));
                });
            });
            world.io().on("e", [&world](RawJson value) { world.note("raw " + value.text()); });
        })
        .connects("a")
        .says("a", {R"(42["first"])", R"(42["e",[1, 2]])"})
        .notes("raw [1,2]")
        .notes("typed 2")
        .run();
}

TEST_CASE("RawJson: missing arguments, binary, structs, msgpack") {
    SUBCASE("what does not fit") {
        ServerRig()
            .serves([](World& world) {
                world.io().on("e", [](RawJson, RawJson) {});
                world.io().on_invalid([&world](Socket&, socketio::Event const& event) {
                    world.note(std::to_string(event.args.size()));
                });
            })
            .connects("a")
            .says("a", {R"(42["e",1])"})
            .notes("1")
            .says("a", {R"(451-["e",1,{"_placeholder":true,"num":0}])", "b:x"})
            .notes("2")
            .run();
    }
    SUBCASE("as a member, and into a tree") {
        auto const json = Json::parse(R"({"version":2,"body":{"x":[1.0]}})");
        Envelope envelope;
        CHECK(socketio::read_value(*json, envelope));
        CHECK(envelope.body.text() == R"({"x":[1]})");
        envelope.body = *RawJson::parse(R"([ 1.50 ])");
        CHECK(socketio::to_json(envelope) == *Json::parse(R"({"version":2,"body":[1.5]})"));
        std::string text;
        socketio::TextWriter writer(text);
        socketio::write_value(writer, envelope);
        CHECK(text == R"({"version":2,"body":[ 1.50 ]})");
    }
    SUBCASE("with the msgpack parser") {
        socketio::ServerOptions options;
        options.parser = socketio::msgpack_parser();
        World world(options);
        world.io().on("e", [&world](Socket& socket, RawJson value) {
            world.note(value.text());
            socket.emit("e", *RawJson::parse(R"([ 1.50, "x" ])"));
        });
        world.core().open();
        world.open("a");
        auto const say = [&](Json data, socketio::PacketType type) {
            auto const packet = socketio::msgpack_parser()->encode(
                type, "/", std::nullopt,
                [&](socketio::Writer& writer) { socketio::write(writer, data); });
            world.say("a", {"b:" + packet.main});
            world.settle();
        };
        say(Json::object(), socketio::PacketType::connect);
        CHECK(world.take("a"));
        say(Json::array({"e", Json::array({1, "two"})}), socketio::PacketType::event);
        CHECK(world.notes == std::vector<std::string>{R"([1,"two"])"});
        auto const answer = world.take("a");
        REQUIRE(answer);
        auto decoder = socketio::msgpack_parser()->make_decoder();
        auto const decoded = decoder->on_binary(std::string_view(*answer).substr(2));
        CHECK(decoded.packet.data == *Json::parse(R"(["e",[1.5,"x"]])"));
        world.cut("a");
        world.settle();
    }
}

}  // namespace raw_json_test
