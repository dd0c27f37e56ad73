#include "socketio/packet.hpp"

#include <doctest/doctest.h>

#include "engineio/limits.hpp"
#include "socketio/parser.hpp"
#include "socketio/text_parser.hpp"

#include <string>
#include <vector>

namespace packet_test {

using namespace socketio;

namespace {

DecodeResult decode(std::string_view text) {
    return TextDecoder().on_text(text);
}

std::string error_of(std::string_view text) {
    DecodeResult const result = decode(text);
    return result.kind == DecodeResult::Kind::error ? result.error : "accepted";
}

// "type|namespace|id|data" of a packet, or the error.
std::string show(DecodeResult const& result) {
    if (result.kind != DecodeResult::Kind::packet) {
        return result.kind == DecodeResult::Kind::error ? result.error : "waiting";
    }
    Packet const& packet = result.packet;
    return std::to_string(static_cast<int>(packet.type)) + "|" + packet.nsp + "|" +
           (packet.id ? std::to_string(*packet.id) : "") + "|" +
           (packet.has_data ? packet.data.dump() : "");
}

EncodedPacket encode(PacketType type, std::string_view nsp, std::optional<std::uint64_t> id,
                     Json const& data) {
    return text_parser()->encode(type, nsp, id, [&](Writer& writer) { write(writer, data); });
}

// Decodes a text and its attachments, which must belong to it exactly.
DecodeResult decode_binary(std::string_view text, std::vector<std::string> const& attachments) {
    TextDecoder decoder;
    DecodeResult result = decoder.on_text(text);
    for (std::string const& attachment : attachments) {
        REQUIRE(result.kind == DecodeResult::Kind::need_more);
        result = decoder.on_binary(attachment);
    }
    CHECK(decoder.is_waiting() == (result.kind == DecodeResult::Kind::need_more));
    return result;
}

}  // namespace

TEST_CASE("packet: payload table") {
    Json const object = Json::object();
    Json const array = Json::array();
    Json const text = "x";
    Json const null;
    CHECK(is_valid_payload(PacketType::connect, nullptr));
    CHECK(is_valid_payload(PacketType::connect, &object));
    CHECK_FALSE(is_valid_payload(PacketType::connect, &null));
    CHECK(is_valid_payload(PacketType::disconnect, nullptr));
    CHECK_FALSE(is_valid_payload(PacketType::disconnect, &object));
    CHECK(is_valid_payload(PacketType::connect_error, &text));
    CHECK(is_valid_payload(PacketType::connect_error, &object));
    CHECK_FALSE(is_valid_payload(PacketType::connect_error, &array));
    CHECK_FALSE(is_valid_payload(PacketType::connect_error, nullptr));
    CHECK(is_valid_payload(PacketType::ack, &array));
    CHECK_FALSE(is_valid_payload(PacketType::ack, &object));
    CHECK_FALSE(is_valid_payload(PacketType::event, &array));
    CHECK_FALSE(is_valid_payload(PacketType::event, nullptr));
}

TEST_CASE("packet: well-formed texts") {
    CHECK(show(decode("0")) == "0|/||");
    CHECK(show(decode("0{\"token\":\"1\"}")) == "0|/||{\"token\":\"1\"}");
    CHECK(show(decode("0/admin")) == "0|/admin||");
    CHECK(show(decode("0/admin,")) == "0|/admin||");
    CHECK(show(decode("0/admin?x=1,{}")) == "0|/admin?x=1||{}");
    CHECK(show(decode("1")) == "1|/||");
    CHECK(show(decode("1/admin,")) == "1|/admin||");
    CHECK(show(decode("2[\"a\",1]")) == "2|/||[\"a\",1]");
    CHECK(show(decode("2/nsp,12[\"a\"]")) == "2|/nsp|12|[\"a\"]");
    CHECK(show(decode("20[\"a\"]")) == "2|/|0|[\"a\"]");
    CHECK(show(decode("2/,[\"a\"]")) == "2|/||[\"a\"]");
    CHECK(show(decode("2 [\"a\"] ")) == "2|/||[\"a\"]");
    CHECK(show(decode("3/nsp,7[]")) == "3|/nsp|7|[]");
    CHECK(show(decode("4\"no\"")) == "4|/||\"no\"");
    CHECK(show(decode("4/x,{\"message\":\"no\"}")) == "4|/x||{\"message\":\"no\"}");
    CHECK(show(decode("29007199254740991[\"a\"]")) == "2|/|9007199254740991|[\"a\"]");
}

TEST_CASE("packet: texts without payload are accepted") {
    CHECK(show(decode("2")) == "2|/||[]");
    CHECK(show(decode("212")) == "2|/|12|[]");
    CHECK(show(decode("3")) == "3|/||[]");
    CHECK(show(decode("35")) == "3|/|5|[]");
    CHECK(show(decode("4")) == "4|/||");
}

TEST_CASE("packet: event names") {
    for (char const* const name : {"\"\"", "\"error\"", "\"connection\"", "\"message\"",
                                   "\"__proto__\"", "\"toString\"", "5", "1.5", "-1", "1e400"}) {
        CAPTURE(name);
        CHECK(decode("2[" + std::string(name) + "]").kind == DecodeResult::Kind::packet);
    }
    for (char const* const name : {"\"connect\"", "\"connect_error\"", "\"disconnect\"",
                                   "\"disconnecting\"", "\"newListener\"", "\"removeListener\"",
                                   "null", "true", "{\"toString\":\"x\"}", "[\"a\"]"}) {
        CAPTURE(name);
        CHECK(error_of("2[" + std::string(name) + "]") == "invalid payload");
        CHECK(error_of("51-[" + std::string(name) + "]") == "invalid payload");
    }
}

TEST_CASE("packet: malformed texts") {
    struct Row {
        char const* text;
        char const* error;
    };
    for (Row const& row : {
             Row{"", "unknown packet type NaN"},
             {"7", "unknown packet type 7"},
             {"9[\"a\"]", "unknown packet type 9"},
             {"x", "unknown packet type NaN"},
             {"-1", "unknown packet type NaN"},
             {" 2[\"a\"]", "unknown packet type NaN"},
             {"5", "Illegal attachments"},
             {"5[\"a\"]", "Illegal attachments"},
             {"5-[\"a\"]", "Illegal attachments"},
             {"50-[\"a\"]", "Illegal attachments"},
             {"5-1-[\"a\"]", "Illegal attachments"},
             {"51[\"a\"]", "Illegal attachments"},
             {"51", "Illegal attachments"},
             {"51.0-[\"a\"]", "Illegal attachments"},
             {"5x-[\"a\"]", "Illegal attachments"},
             {"511-[\"a\"]", "too many attachments"},
             {"599999-[\"a\"]", "too many attachments"},
             {"599999999999999999999999-[\"a\"]", "too many attachments"},
             {"29007199254740992[\"a\"]", "illegal id"},
             {"299999999999999999999999[\"a\"]", "illegal id"},
             {"2-1[\"a\"]", "invalid payload"},
             {"21.5[\"a\"]", "invalid payload"},
             {"21e3[\"a\"]", "invalid payload"},
             {"2[", "invalid payload"},
             {"2[]", "invalid payload"},
             {"2{}", "invalid payload"},
             {"2\"a\"", "invalid payload"},
             {"2[\"a\"]x", "invalid payload"},
             {"2,[\"a\"]", "invalid payload"},
             {"2nsp,[\"a\"]", "invalid payload"},
             {"0[]", "invalid payload"},
             {"0null", "invalid payload"},
             {"0\"x\"", "invalid payload"},
             {"0{", "invalid payload"},
             {"1{}", "invalid payload"},
             {"1[]", "invalid payload"},
             {"3{}", "invalid payload"},
             {"4[]", "invalid payload"},
             {"4null", "invalid payload"},
             {"61-{}", "invalid payload"},
         }) {
        CAPTURE(row.text);
        CHECK(error_of(row.text) == row.error);
    }
}

TEST_CASE("packet: attachments replace their placeholders") {
    auto const placeholder = [](int num) {
        return "{\"_placeholder\":true,\"num\":" + std::to_string(num) + "}";
    };
    DecodeResult result = decode_binary("51-[\"a\"," + placeholder(0) + "]", {"bytes"});
    CHECK(result.packet.type == PacketType::event);
    CHECK(result.packet.data == Json::array({"a", Binary{"bytes"}}));

    result = decode_binary("62-/nsp,3[{\"x\":[" + placeholder(1) + "]}," + placeholder(0) + "]",
                           {"zero", ""});
    CHECK(result.packet.type == PacketType::ack);
    CHECK(result.packet.nsp == "/nsp");
    CHECK(result.packet.id == 3U);
    CHECK(result.packet.data ==
          Json::array({Json::object({{"x", Json::array({Binary{""}})}}), Binary{"zero"}}));
}

TEST_CASE("packet: attachments used twice or never") {
    DecodeResult result = decode_binary(
        R"(52-["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":1}])", {"0", "1"});
    CHECK(result.packet.data == Json::array({"a", Binary{"1"}, Binary{"1"}}));
    CHECK(decode_binary("51-", {"x"}).packet.data == Json::array());
    // Not the literal true, or not a binary packet: plain data.
    CHECK(show(decode_binary(R"(51-["a",{"_placeholder":false,"num":7}])", {"x"})) ==
          R"(2|/||["a",{"_placeholder":false,"num":7}])");
    CHECK(show(decode_binary(R"(51-["a",{"_placeholder":1,"num":7}])", {"x"})) ==
          R"(2|/||["a",{"_placeholder":1,"num":7}])");
    CHECK(show(decode(R"(2["a",{"_placeholder":true,"num":0}])")) ==
          R"(2|/||["a",{"_placeholder":true,"num":0}])");
}

TEST_CASE("packet: placeholders that name no attachment") {
    for (char const* const num :
         {"1", "-1", "0.5", "\"splice\"", "\"0\"", "null", "true", "[0]", "1e400"}) {
        CAPTURE(num);
        std::string const text = R"(51-["a",{"_placeholder":true,"num":)" + std::string(num) + "}]";
        CHECK(show(decode_binary(text, {"x"})) == "illegal attachments");
    }
    CHECK(show(decode_binary(R"(51-["a",{"_placeholder":true}])", {"x"})) == "illegal attachments");
}

TEST_CASE("packet: one attachment cannot be multiplied without limit") {
    std::string text = "51-[\"a\"";
    for (int i = 0; i < 1000; ++i) {
        text += R"(,{"_placeholder":true,"num":0})";
    }
    text += "]";
    CHECK(show(decode_binary(text, {std::string(1'000'000, 'x')})) == "illegal attachments");
    CHECK(decode_binary(text, {"small"}).packet.data.size() == 1001);
}

TEST_CASE("limits: bytes of attachments that are used again") {
    auto const most = engineio::limits::max_reused_attachment_bytes;
    // Names attachments of these sizes so often each.
    auto const taken = [](std::vector<std::size_t> const& sizes, std::size_t times) {
        std::string text = "5" + std::to_string(sizes.size()) + "-[\"a\"";
        std::vector<std::string> attachments;
        for (std::size_t num = 0; num < sizes.size(); ++num) {
            attachments.push_back(std::string(sizes[num], 'x'));
            for (std::size_t i = 0; i < times; ++i) {
                text += R"(,{"_placeholder":true,"num":)" + std::to_string(num) + "}";
            }
        }
        auto const result = decode_binary(text + "]", attachments);
        bool const whole = result.kind == DecodeResult::Kind::packet;
        CHECK(result.packet.data.size() == (whole ? 1 + sizes.size() * times : 0));
        CHECK(result.error == (whole ? "" : "illegal attachments"));
        return whole;
    };
    CHECK(taken({2 * most}, 1));  // once is not again
    CHECK(taken({most - 1}, 2));
    CHECK(taken({most}, 2));
    CHECK_FALSE(taken({most + 1}, 2));
    CHECK(taken({1024}, most / 1024 + 1));
    CHECK_FALSE(taken({1024}, most / 1024 + 2));
    // All of a packet together.
    CHECK(taken({most - 2, 1}, 2));
    CHECK(taken({most - 1, 1}, 2));
    CHECK_FALSE(taken({most - 1, 2}, 2));
}

TEST_CASE("packet: texts and binaries must alternate as announced") {
    TextDecoder decoder;
    CHECK(show(decoder.on_binary("x")) == "got binary data when not reconstructing a packet");
    CHECK(show(decoder.on_text("52-[\"a\"]")) == "waiting");
    CHECK(decoder.is_waiting());
    CHECK(show(decoder.on_binary("x")) == "waiting");
    CHECK(show(decoder.on_text("2/other,[\"a\"]")) ==
          "got plaintext data when reconstructing a packet");
    TextDecoder next;
    CHECK(show(next.on_text("51-[\"a\"]")) == "waiting");
    CHECK(show(next.on_binary("x")) == "2|/||[\"a\"]");
    CHECK(show(next.on_text("2[\"b\"]")) == "2|/||[\"b\"]");
}

TEST_CASE("packet: hostile texts end in linear time") {
    std::string const digits(1'000'000, '9');
    CHECK(error_of("5" + digits) == "Illegal attachments");
    CHECK(error_of("5" + digits + "-") == "too many attachments");
    CHECK(error_of("2" + digits) == "illegal id");
    CHECK(error_of("3" + digits + "[]") == "illegal id");
    CHECK(decode("2/" + digits).packet.nsp.size() == 1'000'001);
    CHECK(error_of("2[\"x\"," + std::string(490'000, '[')) == "payload nested too deep");
    CHECK(error_of("51-[\"x\"," + std::string(490'000, '[')) == "payload nested too deep");
    std::string const nested = std::string(500, '[') + std::string(500, ']');
    CHECK(decode_binary("51-[\"x\"," + nested + "]", {"x"}).kind == DecodeResult::Kind::packet);
}

TEST_CASE("packet: encoding") {
    Parser const& parser = *text_parser();
    CHECK(parser.encode(PacketType::connect, "/", {}, nullptr).main == "0");
    CHECK(parser.encode(PacketType::disconnect, "/admin", {}, nullptr).main == "1/admin,");
    CHECK(encode(PacketType::connect, "/", {}, Json::object({{"sid", "x"}})).main ==
          R"(0{"sid":"x"})");
    CHECK(encode(PacketType::event, "/", {}, Json::array({"a", 1})).main == R"(2["a",1])");
    CHECK(encode(PacketType::event, "/nsp", 0, Json::array({"a"})).main == R"(2/nsp,0["a"])");
    CHECK(encode(PacketType::ack, "/nsp", 13, Json::array()).main == "3/nsp,13[]");
    CHECK(encode(PacketType::connect_error, "/x", {}, Json::object({{"message", "no"}})).main ==
          R"(4/x,{"message":"no"})");
    EncodedPacket const with_pid = parser.encode(PacketType::connect, "/", {}, [](Writer& writer) {
        writer.begin_object(2);
        writer.key("sid");
        writer.string("s");
        writer.key("pid");
        writer.undefined();
        writer.end_object();
    });
    CHECK(with_pid.main == R"(0{"sid":"s"})");
}

TEST_CASE("packet: encoding binaries") {
    EncodedPacket encoded = encode(PacketType::event, "/nsp", 5, Json::array({"a", Binary{"x"}}));
    CHECK(encoded.main == R"(51-/nsp,5["a",{"_placeholder":true,"num":0}])");
    CHECK(encoded.attachments == std::vector<std::string>{"x"});
    CHECK_FALSE(encoded.binary_main);
    Json many = Json::array();
    for (int i = 0; i < 12; ++i) {
        many.push_back(Binary{std::to_string(i)});
    }
    encoded = encode(PacketType::ack, "/", 1, many);
    CHECK(encoded.main.starts_with(R"(612-1[{"_placeholder":true,"num":0},)"));
    CHECK(encoded.attachments.size() == 12);
    // Only events and acks carry attachments.
    encoded = encode(PacketType::connect_error, "/", {}, Json::object({{"data", Binary{"a"}}}));
    CHECK(encoded.main == R"(4{"data":{"type":"Buffer","data":[97]}})");
    CHECK(encoded.attachments.empty());
}

TEST_CASE("packet: what is encoded decodes to itself") {
    Json const data = Json::array(
        {"event", Json::object({{"deep", Json::array({Binary{"1"}, 1.5, nullptr})}}), Binary{"2"}});
    EncodedPacket const encoded = encode(PacketType::event, "/n", 77, data);
    DecodeResult const result = decode_binary(encoded.main, encoded.attachments);
    CHECK(result.packet.data == data);
    CHECK(result.packet.id == 77U);
    CHECK(result.packet.nsp == "/n");
}

}  // namespace packet_test
