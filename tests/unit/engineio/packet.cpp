#include "engineio/packet.hpp"

#include <doctest/doctest.h>

namespace packet_test {

using namespace engineio;

TEST_CASE("packet: text form") {
    std::string scratch;
    for (int type = 0; type <= 6; ++type) {
        auto const text = std::to_string(type) + "data";
        auto const packet = decode_text(text, 4, scratch);
        REQUIRE(packet);
        CHECK(static_cast<int>(packet->type) == type);
        CHECK(packet->data == "data");
        CHECK_FALSE(packet->binary);
    }
    CHECK(decode_text("4", 4, scratch)->data == "");
    for (auto const* bad : {"", "7", "a", "-1", " 4", "\x1e"}) {
        CHECK_FALSE(decode_text(bad, 4, scratch));
    }
}

TEST_CASE("packet: base64 form") {
    std::string scratch;
    auto const data = [&](std::string_view text, int revision) {
        auto const packet = decode_text(text, revision, scratch);
        REQUIRE(packet);
        CHECK(packet->binary);
        CHECK(packet->type == PacketType::message);
        return std::string(packet->data);
    };
    CHECK(data("bAQIDBA==", 4) == "\x01\x02\x03\x04");
    CHECK(data("bAQIDBA", 4) == "\x01\x02\x03\x04");
    CHECK(data("b", 4) == "");
    // Revision 4 has no type digit: this is base64 of three bytes.
    CHECK(data("b4AQI", 4).size() == 3);
    CHECK(data("b4AQIDBA==", 3) == "\x01\x02\x03\x04");
    CHECK_FALSE(decode_text("b", 3, scratch));
    CHECK_FALSE(decode_text("b9AQ", 3, scratch));
}

TEST_CASE("packet: binary messages") {
    CHECK(decode_binary("", 4)->data == "");
    CHECK(decode_binary("\x04raw", 4)->data == "\x04raw");
    CHECK(decode_binary("\x04raw", 3)->data == "raw");
    CHECK_FALSE(decode_binary("", 3));
    CHECK_FALSE(decode_binary("\x07", 3));
    CHECK_FALSE(decode_binary("\xff", 3));
}

TEST_CASE("packet: outgoing") {
    std::string out;
    append_text_form(out, make_packet(PacketType::pong, "probe"), 4);
    CHECK(out == "3probe");
    auto const binary = net::Message::make(net::MessageKind::binary, "\x01\x02\x03\x04");
    out.clear();
    append_text_form(out, binary, 4);
    CHECK(out == "bAQIDBA==");
    out.clear();
    append_text_form(out, binary, 3);
    CHECK(out == "b4AQIDBA==");
}

}  // namespace packet_test
