#include "engineio/payload.hpp"

#include "tests/rig/decoded.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace payload_test {

using namespace engineio;

namespace {

std::string decoded(std::string_view body) {
    return rig::decoded([body](PayloadPosition& position, PacketSink const& sink) {
        return decode_payload(body, position, sink);
    });
}

Outgoing text(std::string_view payload) {
    return {net::Message::make(net::MessageKind::text, payload), true};
}

}  // namespace

TEST_CASE("payload: decoding") {
    CHECK(decoded("4a") == "4:a ");
    CHECK(decoded("4a\x1e"
                  "4b\x1e"
                  "2") == "4:a 4:b 2: ");
    CHECK(decoded("bYQ==\x1e"
                  "4") == "4b:a 4: ");
    CHECK(decoded("") == "!");
    CHECK(decoded("abc") == "!");
    CHECK(decoded("4a\x1e") == "4:a !");
    CHECK(decoded("4a\x1e\x1e"
                  "4b") == "4:a !");
    CHECK(decoded("4a\x1eX\x1e"
                  "4b") == "4:a !");
    CHECK(decoded("1\x1e"
                  "4ignored") == "1: ");
}

TEST_CASE("payload: a body of very many tiny packets is linear") {
    std::string body = "2";
    while (body.size() < 1'000'000) {
        body += "\x1e"
                "6";
    }
    std::size_t count = 0;
    PayloadPosition position;
    CHECK(decode_payload(body, position, [&](Packet const&) { return ++count > 0; }));
    CHECK(position.ended);
    CHECK(count == body.size() / 2 + 1);
}

TEST_CASE("payload: encoding") {
    std::vector<Outgoing> const packets = {
        text("0{}"), {net::Message::make(net::MessageKind::binary, "a"), true}, text("2")};
    CHECK(encode_payload(packets) == "0{}\x1e"
                                     "bYQ==\x1e"
                                     "2");
    CHECK(encode_payload({}) == "");
}

TEST_CASE("payload: JSONP") {
    CHECK(jsonp_index("abc1") == "1");
    CHECK(jsonp_index("1);alert(2") == "12");
    CHECK(jsonp_index("") == "");
    CHECK(encode_jsonp("3", "4[\"a\\\"]\n\x1e\t") ==
          "___eio[3](\"4[\\\"a\\\\\\\"]\\n\\u001e\\t\");");
    CHECK(encode_jsonp("0", "4\u2028\u2029\u2030") == "___eio[0](\"4\\u2028\\u2029\u2030\");");
    CHECK(unescape_jsonp("4a\\nb") == "4a\nb");
    CHECK(unescape_jsonp("4a\\\\nb") == "4a\\nb");
    CHECK(unescape_jsonp("\\") == "\\");
    CHECK(unescape_jsonp("\\\\\\n") == "\\\\n");
}

}  // namespace payload_test
