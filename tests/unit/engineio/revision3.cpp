#include "engineio/revision3.hpp"

#include "tests/rig/decoded.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace revision3_test {

using namespace engineio;
using namespace std::string_literals;

namespace {

Outgoing text(std::string_view payload) {
    return {net::Message::make(net::MessageKind::text, payload), true};
}

Outgoing binary(std::string_view payload) {
    return {net::Message::make(net::MessageKind::binary, payload), true};
}

std::string decoded(std::string_view body, bool as_binary) {
    return rig::decoded([=](PayloadPosition& position, PacketSink const& sink) {
        return as_binary ? revision3::decode_binary_payload(body, position, sink)
                         : revision3::decode_text_payload(body, position, sink);
    });
}

}  // namespace

TEST_CASE("revision3: text payloads") {
    std::vector<Outgoing> const packets = {text("4€"), text("4\U0001F600"),
                                           binary("\x01\x02\x03\x04")};
    auto const payload = revision3::encode_payload(packets, true);
    CHECK_FALSE(payload.binary);
    CHECK(payload.body == "2:4€3:4\U0001F60010:b4AQIDBA==");
    CHECK(decoded(payload.body, false) == "4:€ 4:\U0001F600 4b:\x01\x02\x03\x04 ");
    CHECK(revision3::encode_payload({packets.data(), 1}, false).body == "2:4€");
}

TEST_CASE("revision3: malformed text payloads end") {
    for (auto const* bad : {"", ":", "a:4", "2:4", "1", "-1:4", "1e1:4", "99999999999999999999:4",
                            "4294967295:4", "1:9", "x"}) {
        CAPTURE(bad);
        CHECK(decoded(bad, false) == "!");
    }
    CHECK(decoded("1:2junk", false) == "2: !");
    CHECK(decoded("0:1:2", false) == "2: ");
    CHECK(decoded("1:11:2", false) == "1: ");
    // The length ends between the two units of an astral character.
    CHECK(decoded("2:4\U0001F600", false) == "!");
}

TEST_CASE("revision3: binary payloads") {
    std::vector<Outgoing> const packets = {text("4€"), binary("\x01\xff")};
    auto const payload = revision3::encode_payload(packets, false);
    CHECK(payload.binary);
    CHECK(payload.body == "\x00\x04\xff"
                          "4€\x01\x03\xff\x04\x01\xff"s);
    CHECK(decoded(payload.body, true) == "4:€ 4b:\x01\xff ");
    CHECK(decoded("\x00\x01\x00\xff"
                  "4123456789\x00\x01\xff"
                  "1\x00\x01\xff"
                  "2"s,
                  true) == "4:123456789 1: ");
}

TEST_CASE("revision3: malformed binary payloads end") {
    for (auto const& bad :
         {""s, "\x00"s, "\x00\xff"s, "\x00\x01"s, "\x00\x05\xff"s, "\x00\x0a\xff"s, "\x00\x00\xff"s,
          "\x01\x01\xff\x07"s, std::string(400, '\x01'),
          "\x00\x02\xff"
          "4\xff"s,
          "\x00\x03\xff"
          "4\xc0\xaf"s}) {
        CHECK(decoded(bad, true) == "!");
    }
}

TEST_CASE("revision3: a lone surrogate in a binary payload is U+FFFD") {
    CHECK(decoded("\x00\x05\xff"
                  "4\xed\xa0\xbdx"s,
                  true) == "4:\xef\xbf\xbdx ");
}

}  // namespace revision3_test
