#include "socketio/msgpack_parser.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace msgpack_parser_test {

using namespace socketio;

namespace {

std::string bytes_of(std::string_view hex) {
    auto const nibble = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<char>(nibble(hex[i]) * 16 + nibble(hex[i + 1])));
    }
    return bytes;
}

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (char const c : bytes) {
        auto const byte = static_cast<unsigned char>(c);
        hex.push_back(digits[byte >> 4U]);
        hex.push_back(digits[byte & 15U]);
    }
    return hex;
}

std::string packed(Json const& value) {
    std::string out;
    MsgpackWriter writer(out);
    write(writer, value);
    return out;
}

std::string packed_double(double value) {
    std::string out;
    MsgpackWriter(out).number(value);
    return hex_of(out);
}

// The text of the value a hex string holds, or "error".
std::string unpacked(std::string_view hex) {
    auto const value = parse_msgpack(bytes_of(hex));
    return value ? value->dump() : "error";
}

EncodedPacket encode(PacketType type, std::string_view nsp, std::optional<std::uint64_t> id,
                     Json const& data) {
    return msgpack_parser()->encode(type, nsp, id, [&](Writer& writer) { write(writer, data); });
}

DecodeResult decode(Json const& packet) {
    return MsgpackDecoder().on_binary(packed(packet));
}

std::string error_of(Json const& packet) {
    DecodeResult const result = decode(packet);
    return result.kind == DecodeResult::Kind::error ? result.error : "accepted";
}

Json packet(Json type, Json data) {
    return Json::object({{"type", std::move(type)}, {"data", std::move(data)}, {"nsp", "/"}});
}

}  // namespace

TEST_CASE("msgpack: values and their bytes") {
    struct Row {
        Json value;
        char const* hex;
    };
    // Hex: node -e 'console.log(require("notepack.io").encode(x).toString("hex"))'.
    for (Row const& row : {
             Row{nullptr, "c0"},
             {false, "c2"},
             {true, "c3"},
             {0, "00"},
             {127, "7f"},
             {128, "cc80"},
             {255, "ccff"},
             {256, "cd0100"},
             {65535, "cdffff"},
             {65536, "ce00010000"},
             {4294967295LL, "ceffffffff"},
             {4294967296LL, "cf0000000100000000"},
             {max_exact_integer, "cf0020000000000000"},
             {-1, "ff"},
             {-32, "e0"},
             {-33, "d0df"},
             {-128, "d080"},
             {-129, "d1ff7f"},
             {-32768, "d18000"},
             {-32769, "d2ffff7fff"},
             {std::numeric_limits<std::int32_t>::min(), "d280000000"},
             {-2147483649LL, "d3ffffffff7fffffff"},
             {1.5, "cb3ff8000000000000"},
             {-0.1, "cbbfb999999999999a"},
             {"", "a0"},
             {"abc", "a3616263"},
             {"\u00e9", "a2c3a9"},
             {Json::array(), "90"},
             {Json::array({1, "a"}), "9201a161"},
             {Json::object(), "80"},
             {Json::object({{"b", 1}, {"a", nullptr}}), "82a16201a161c0"},
             {Binary{""}, "c400"},
             {Binary{"ab"}, "c4026162"},
         }) {
        CAPTURE(row.hex);
        CHECK(hex_of(packed(row.value)) == row.hex);
        auto const back = parse_msgpack(bytes_of(row.hex));
        REQUIRE(back);
        CHECK(*back == row.value);
    }
}

TEST_CASE("msgpack: sizes pick the smallest form") {
    for (std::size_t const size : {31U, 32U, 255U, 256U, 65535U, 65536U}) {
        CAPTURE(size);
        std::string const prefix = size < 32      ? "bf"
                                   : size < 256   ? "d9"
                                   : size < 65536 ? "da"
                                                  : "db";
        Json const text = std::string(size, 'x');
        CHECK(hex_of(packed(text)).starts_with(prefix));
        CHECK(parse_msgpack(packed(text)) == text);
        Json const binary = Binary{std::string(size, 'x')};
        CHECK(hex_of(packed(binary)).starts_with(size < 256 ? "c4" : size < 65536 ? "c5" : "c6"));
        CHECK(parse_msgpack(packed(binary)) == binary);
    }
    for (std::size_t const size : {15U, 16U, 65535U, 65536U}) {
        CAPTURE(size);
        Json const array = std::vector<Json>(size, 1);
        CHECK(hex_of(packed(array)).starts_with(size < 16 ? "9f" : size < 65536 ? "dc" : "dd"));
        CHECK(parse_msgpack(packed(array)) == array);
        std::string object;
        MsgpackWriter writer(object);
        writer.begin_object(size);
        CHECK(hex_of(object).starts_with(size < 16 ? "8f" : size < 65536 ? "de" : "df"));
        for (std::size_t i = 0; i < size; ++i) {
            writer.key("same");
            writer.null();
        }
        CHECK(parse_msgpack(object) == Json::object({{"same", nullptr}}));
    }
}

TEST_CASE("msgpack: doubles") {
    CHECK(packed_double(3.0) == "03");
    CHECK(packed_double(-0.0) == "00");
    CHECK(packed_double(1e18) == "cf0de0b6b3a7640000");
    CHECK(packed_double(18446744073709549568.0) == "cffffffffffffff800");
    CHECK(packed_double(-9223372036854775808.0) == "d38000000000000000");
    CHECK(packed_double(1e300).starts_with("cb"));
    CHECK(packed_double(-1e300).starts_with("cb"));
    CHECK(packed_double(std::numeric_limits<double>::infinity()) == "cb7ff0000000000000");
    CHECK(packed_double(std::nan("")).starts_with("cb7ff8"));
    CHECK(unpacked("ca3fc00000") == "1.5");
    CHECK(unpacked("cfffffffffffffffff") == "18446744073709552000");
    CHECK(unpacked("d38000000000000000") == "-9223372036854776000");
}

TEST_CASE("msgpack: extensions") {
    std::string out;
    MsgpackWriter(out).undefined();
    CHECK(hex_of(out) == "d40000");
    CHECK(unpacked("d40000") == "null");
    CHECK(unpacked("92d4000001") == "[null,1]");
    CHECK(unpacked("82a161d40000a16201") == R"({"b":1})");
    CHECK(unpacked("d7000000018df4dc5495") == "\"2024-02-29T12:34:56.789Z\"");
    CHECK(unpacked("d700ffffffffffffffff") == "\"1969-12-31T23:59:59.999Z\"");
    CHECK(unpacked("d7007fffffffffffffff") == "null");
    CHECK(parse_msgpack(bytes_of("c702006162")) == Json(Binary{"ab"}));
    CHECK(parse_msgpack(bytes_of("c80002006162")) == Json(Binary{"ab"}));
    CHECK(parse_msgpack(bytes_of("c900000002006162")) == Json(Binary{"ab"}));
    CHECK(parse_msgpack(bytes_of("c70061")) == Json::array({0x61, Binary{""}}));
    CHECK(parse_msgpack(bytes_of("c702ff6162")) == Json::array({-1, Binary{"ab"}}));
    CHECK(parse_msgpack(bytes_of("d5006162")) == Json::array({0, Binary{"ab"}}));
}

TEST_CASE("msgpack: malformed bytes") {
    for (char const* const hex :
         {"",       "c1",       "cc",         "cd00",       "cb00",       "a2",     "a261",
          "d9",     "d90161ff", "dbffffffff", "c4",         "c6ffffffff", "c70261", "c9ffffffff00",
          "91",     "dc",       "dc0001",     "ddffffffff", "dfffffffff", "81a161", "8101c0",
          "81c0c0", "81",       "d4",         "d400",       "d7000000",   "0000",   "9001"}) {
        CAPTURE(hex);
        CHECK(unpacked(hex) == "error");
    }
    CHECK(unpacked("a1ff") == "\"\uFFFD\"");
    CHECK(unpacked("81a1ff01") == "{\"\uFFFD\":1}");
}

TEST_CASE("msgpack: hostile bytes end in linear time") {
    CHECK_FALSE(parse_msgpack(std::string(1'000'000, '\x91')));
    CHECK_FALSE(parse_msgpack(std::string(1'000'000, '\x9F')));
    CHECK_FALSE(parse_msgpack(std::string(1'000'000, '\xDF')));
    std::string const at_limit(max_json_depth, '\x91');
    CHECK(parse_msgpack(at_limit + std::string(1, '\x90')));
    CHECK_FALSE(parse_msgpack(at_limit + std::string("\x91\x90")));
    CHECK(parse_msgpack(at_limit + bytes_of("c70061")));  // an extension becomes an array
    CHECK_FALSE(parse_msgpack(at_limit + bytes_of("91c70061")));
    std::string wide = bytes_of("dd000186a0") + std::string(100'000, '\x90');
    CHECK(parse_msgpack(wide)->size() == 100'000);
    wide.pop_back();
    CHECK_FALSE(parse_msgpack(wide));
}

TEST_CASE("msgpack: every truncation and every changed byte is survived") {
    Json const value = packet(2, Json::array({"event", 1.5, 300, -300, Binary{"bytes"},
                                              Json::object({{"k", Json::array({nullptr})}})}));
    std::string const whole = packed(value);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        CHECK_FALSE(parse_msgpack(whole.substr(0, i)));
        for (int byte = 0; byte < 256; byte += 3) {
            std::string changed = whole;
            changed[i] = static_cast<char>(byte);
            DecodeResult const result = MsgpackDecoder().on_binary(changed);
            CHECK(result.kind != DecodeResult::Kind::need_more);
        }
    }
}

TEST_CASE("msgpack parser: packets keep Node's key order") {
    // {type,data,nsp} and so on as in reference-behaviour 5.8.
    auto const keys = [](EncodedPacket const& encoded) {
        CHECK(encoded.binary_main);
        CHECK(encoded.attachments.empty());
        std::string names;
        auto const tree = parse_msgpack(encoded.main);
        REQUIRE(tree);
        for (auto const& [name, value] : *tree->object_members()) {
            names += name + " ";
        }
        return names;
    };
    CHECK(keys(encode(PacketType::connect, "/", {}, Json::object())) == "type data nsp ");
    CHECK(keys(encode(PacketType::event, "/", {}, Json::array({"a"}))) == "type data nsp ");
    CHECK(keys(encode(PacketType::event, "/", 1, Json::array({"a"}))) == "type data id nsp ");
    CHECK(keys(encode(PacketType::ack, "/", 1, Json::array())) == "id type data nsp ");
    CHECK(keys(encode(PacketType::connect_error, "/", {}, Json::object())) == "type nsp data ");
    CHECK(keys(msgpack_parser()->encode(PacketType::disconnect, "/", {}, nullptr)) == "type nsp ");
    EncodedPacket const event = encode(PacketType::event, "/", {}, Json::array({"a", Binary{"b"}}));
    CHECK(hex_of(event.main) == "83a47479706502a46461746192a161c40162a36e7370a12f");
}

TEST_CASE("msgpack parser: packets decode") {
    for (auto const& [type, data] : std::initializer_list<std::pair<PacketType, Json>>{
             {PacketType::connect, Json::object({{"token", "x"}})},
             {PacketType::event, Json::array({"a", Binary{"bytes"}})},
             {PacketType::ack, Json::array()},
             {PacketType::connect_error, "no"},
         }) {
        EncodedPacket const encoded = encode(type, "/nsp", 12, data);
        DecodeResult const result = MsgpackDecoder().on_binary(encoded.main);
        REQUIRE(result.kind == DecodeResult::Kind::packet);
        CHECK(result.packet.type == type);
        CHECK(result.packet.nsp == "/nsp");
        CHECK(result.packet.id == 12U);
        CHECK(result.packet.has_data);
        CHECK(result.packet.data == data);
    }
    DecodeResult const bare = decode(Json::object({{"type", 1}, {"nsp", "/"}, {"options", 1}}));
    REQUIRE(bare.kind == DecodeResult::Kind::packet);
    CHECK_FALSE(bare.packet.has_data);
    CHECK_FALSE(bare.packet.id);
    // {type: 0, data: undefined, id: undefined, nsp: "/"}
    DecodeResult const undefined = MsgpackDecoder().on_binary(
        bytes_of("84a47479706500a464617461d40000a26964d40000a36e7370a12f"));
    REQUIRE(undefined.kind == DecodeResult::Kind::packet);
    CHECK_FALSE(undefined.packet.has_data);
}

TEST_CASE("msgpack parser: malformed packets") {
    Json const event = Json::array({"a"});
    CHECK(error_of(packet(2, event)) == "accepted");
    CHECK(error_of(packet(5, event)) == "invalid packet type");
    CHECK(error_of(packet(-1, event)) == "invalid packet type");
    CHECK(error_of(packet("2", event)) == "invalid packet type");
    CHECK(error_of(packet(2.5, event)) == "invalid packet type");
    CHECK(error_of(Json::array({2, "/", event})) == "invalid packet type");
    CHECK(error_of(Json::object({{"type", 1}})) == "invalid namespace");
    CHECK(error_of(Json::object({{"type", 1}, {"nsp", 1}})) == "invalid namespace");
    CHECK(error_of(Json::object({{"type", 1}, {"nsp", ""}})) == "invalid namespace");
    CHECK(error_of(Json::object({{"type", 1}, {"nsp", "chat"}})) == "invalid namespace");
    CHECK(error_of(packet(0, nullptr)) == "invalid payload");
    CHECK(error_of(packet(0, event)) == "invalid payload");
    CHECK(error_of(packet(1, event)) == "invalid payload");
    CHECK(error_of(packet(2, Json::object())) == "invalid payload");
    CHECK(error_of(packet(2, Json::array())) == "invalid payload");
    CHECK(error_of(packet(2, Json::array({"disconnect"}))) == "invalid payload");
    CHECK(error_of(packet(2, Json::array({Json::object()}))) == "invalid payload");
    CHECK(error_of(packet(3, "x")) == "invalid payload");
    CHECK(error_of(packet(4, event)) == "invalid payload");
    for (Json const& id :
         {Json(-1), Json(1.5), Json("1"), Json(nullptr), Json(max_exact_integer)}) {
        Json with_id = packet(2, event);
        with_id.set("id", id);
        CHECK(error_of(with_id) == "invalid packet id");
    }
    CHECK(MsgpackDecoder().on_text("2[\"a\"]").kind == DecodeResult::Kind::error);
    CHECK(MsgpackDecoder().on_binary("garbage").error == "Could not parse");
}

}  // namespace msgpack_parser_test
