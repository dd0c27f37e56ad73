#include "socketio/json.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace json_test {

using namespace socketio;

namespace {

// What JSON.stringify(JSON.parse(text)) gives, or "error".
std::string round_trip(std::string_view text) {
    auto const value = Json::parse(text);
    return value ? value->dump() : "error";
}

}  // namespace

TEST_CASE("json: constructors pick JavaScript's types") {
    CHECK(Json().is_null());
    CHECK(Json(nullptr).is_null());
    CHECK(Json(true).is_bool());
    CHECK(*Json(false).boolean() == false);
    CHECK(Json(3).is_integer());
    CHECK(Json('a').is_integer());
    CHECK(Json(3.0).is_integer());
    CHECK(Json(3.5).is_number());
    CHECK_FALSE(Json(3.5).is_integer());
    CHECK(Json("x").is_string());
    CHECK(Json(std::string_view("x")).is_string());
    CHECK(Json(Binary{"x"}).is_binary());
    CHECK(Json(std::vector<Json>{1, 2}).is_array());
    CHECK(Json::array().is_array());
    CHECK(Json::object().is_object());
}

TEST_CASE("json: integers beyond 2^53 become doubles") {
    CHECK(Json(max_exact_integer).is_integer());
    CHECK(Json(-max_exact_integer).is_integer());
    CHECK_FALSE(Json(max_exact_integer + 2).is_integer());
    CHECK(*Json(std::numeric_limits<std::int64_t>::min()).number() == -9223372036854775808.0);
    CHECK(*Json(std::numeric_limits<std::uint64_t>::max()).number() == 18446744073709551616.0);
    CHECK(Json(1e300).number() == 1e300);
}

TEST_CASE("json: equality is by value") {
    CHECK(Json(3) == Json(3.0));
    CHECK(Json(-0.0) == Json(0));
    CHECK(Json(0.5) != Json(1));
    CHECK(Json(true) != Json(1));
    CHECK(Json(std::nan("")) != Json(std::nan("")));
    CHECK(Json("a") != Json(Binary{"a"}));
    CHECK(Json::object({{"a", 1}, {"b", 2}}) == Json::object({{"b", 2}, {"a", 1}}));
    CHECK(Json::object({{"a", 1}, {"b", 2}}) != Json::object({{"b", 2}, {"a", 2}}));
    CHECK(Json::object({{"a", 1}}) != Json::object({{"a", 1}, {"b", 2}}));
    CHECK(Json::array({1, 2}) != Json::array({2, 1}));
}

TEST_CASE("json: access to what is missing gives null, not a crash") {
    Json const value = Json::object({{"list", Json::array({1, "two"})}});
    CHECK(value["list"][1] == Json("two"));
    CHECK(value["list"][2].is_null());
    CHECK(value["list"][-1].is_null());
    CHECK(value["nope"]["deeper"][0].is_null());
    CHECK(Json(1)["x"].is_null());
    CHECK(value.contains("list"));
    CHECK_FALSE(value.contains("nope"));
    CHECK(value.size() == 1);
    CHECK(Json("text").size() == 0);
    CHECK(Json("text").number() == std::nullopt);
    CHECK(Json(1).string() == nullptr);
}

TEST_CASE("json: push_back and set make containers of null only") {
    Json list;
    CHECK(list.push_back(1));
    CHECK(list.push_back("x"));
    CHECK(list.dump() == R"([1,"x"])");
    CHECK_FALSE(list.set("a", 1));
    Json object;
    CHECK(object.set("b", 1));
    CHECK(object.set("a", 2));
    CHECK(object.set("b", 3));
    CHECK(object.dump() == R"({"b":3,"a":2})");
    CHECK_FALSE(object.push_back(1));
    CHECK(object.object_members()->erase("b"));
    CHECK_FALSE(object.object_members()->erase("b"));
    CHECK(object.dump() == R"({"a":2})");
}

TEST_CASE("json: members come in JavaScript's order") {
    CHECK(round_trip(R"({"b":1,"2":2,"a":3,"10":4,"1":5})") ==
          R"({"1":5,"2":2,"10":4,"b":1,"a":3})");
    CHECK(round_trip(R"({"a":1,"b":2,"a":3})") == R"({"a":3,"b":2})");
    CHECK(round_trip(R"({"a":1,"a":2,"b":0,"a":3})") == R"({"a":3,"b":0})");
    // Not array indices: leading zero, sign, 2^32-1 and above.
    CHECK(round_trip(R"({"01":1,"-1":2,"4294967295":3,"4294967294":4,"":5})") ==
          R"({"4294967294":4,"01":1,"-1":2,"4294967295":3,"":5})");
    Json object = Json::object();
    for (char const* const key : {"b", "10", "a", "2", "0"}) {
        object.set(key, 1);
    }
    CHECK(object.dump() == R"({"0":1,"2":1,"10":1,"b":1,"a":1})");
    CHECK(round_trip(R"({"__proto__":1,"toString":2})") == R"({"__proto__":1,"toString":2})");
}

TEST_CASE("json: parse accepts what JSON.parse accepts") {
    CHECK(round_trip(" \t\n\r[ 1 , 2 ]\n") == "[1,2]");
    CHECK(round_trip("null") == "null");
    CHECK(round_trip("true") == "true");
    CHECK(round_trip("\"\"") == "\"\"");
    CHECK(round_trip("{}") == "{}");
    CHECK(round_trip("[[],{}]") == "[[],{}]");
    CHECK(round_trip(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac")") ==
          "\"\\\"\\\\/\\b\\f\\n\\r\\tA\u00e9\u20ac\"");
    CHECK(round_trip(R"("\ud83d\ude00")") == "\"\U0001F600\"");
    CHECK(round_trip(R"("\u0000\u001F")") == R"("\u0000\u001f")");
    CHECK(round_trip("\"\u2028\x7f\"") == "\"\u2028\x7f\"");
}

TEST_CASE("json: parse refuses what JSON.parse refuses") {
    for (char const* const text : {"",
                                   " ",
                                   "[1,]",
                                   "{\"a\":1,}",
                                   "[1 2]",
                                   "{a:1}",
                                   "{'a':1}",
                                   "01",
                                   "-",
                                   "+1",
                                   ".5",
                                   "1.",
                                   "1e",
                                   "1e+",
                                   "0x1",
                                   "NaN",
                                   "Infinity",
                                   "undefined",
                                   "tru",
                                   "nulll",
                                   "\"\n\"",
                                   "\"\t\"",
                                   "\"\\x41\"",
                                   "\"\\u12g4\"",
                                   "\"abc",
                                   "[1",
                                   "{\"a\"",
                                   "{\"a\":",
                                   "]",
                                   "1 1",
                                   "[]x",
                                   "//x",
                                   "/**/1",
                                   "\xEF\xBB\xBF[]",
                                   "{1:2}",
                                   "[\"a\"1]",
                                   "1e400x",
                                   "[1e400 1]",
                                   "{1e400:1}",
                                   "[1e400,01]",
                                   "[1e400,1.]",
                                   "[1e400,-]",
                                   "[1e400,2e]",
                                   "\"\\ud800",
                                   "\"\\ud800\\u12\"",
                                   "[\"\\ud800\",1.]"}) {
        CAPTURE(text);
        CHECK_FALSE(Json::parse(text));
    }
    // A NUL ends nothing.
    CHECK_FALSE(Json::parse(std::string_view("1\0", 2)));
    CHECK_FALSE(Json::parse(std::string_view("[]\0x", 4)));
    CHECK_FALSE(Json::parse(std::string_view("\"\0\"", 3)));
}

std::vector<std::string> const plain_and_not_so_plain{
    "0",
    "7",
    "-7",
    "-0",
    "00",
    "01",
    "-01",
    "-",
    "+1",
    "1.",
    ".5",
    "1.5",
    "1e3",
    "1E",
    "123456789012345",
    "-999999999999999",
    "1234567890123456",
    "12345678901234567890",
    "\"\"",
    "\"abcdefgh\"",
    "\"1234567\"",
    "\"a\x1f\"",
    "\"abcdefgh\x01\"",
    "\"\x7f\"",
    "\"\u00e9\u20ac\U0001F600 and more\"",
    "\"open",
    "\"",
    "tru",
    "true",
    "truex",
    "false",
    "nul",
    "null",
    "[]",
    "[ ]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1",
    "]",
    "{}",
    "{ }",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}",
    "{\"a\":1}",
    "{\"a\":1,\"a\":2}",
    "{\"2\":1,\"1\":2}",
    " [ 1 , { \"k\" : [ ] } ] ",
    "[\"echo\",{\"a\":[1,2,3],\"b\":\"x\"},-5,null]",
    std::string(31, '[') + std::string(31, ']'),
    std::string(40, '[') + "1" + std::string(40, ']'),
    "1 1",
    "\xEF\xBB\xBF"
    "1",
    std::string("\0", 1),
    std::string("\"\0\"", 3)};

// The escape sends the whole text to the full parser.
TEST_CASE("json: the fast parser and the full one agree") {
    for (std::string const& text : plain_and_not_so_plain) {
        CAPTURE(text);
        auto const fast = Json::parse(text);
        auto const full = Json::parse("[" + text + ",\"\\u0041\"]");
        REQUIRE(fast.has_value() == full.has_value());
        if (fast) {
            REQUIRE(full->size() == 2);
            CHECK(*fast == (*full)[0]);
            CHECK(fast->dump() == (*full)[0].dump());
            CHECK(fast->is_integer() == (*full)[0].is_integer());
        }
    }
}

TEST_CASE("json: numbers as JavaScript reads them") {
    CHECK(round_trip("9007199254740993") == "9007199254740992");
    CHECK(round_trip("99999999999999999999") == "100000000000000000000");
    CHECK(round_trip("3.0") == "3");
    CHECK(round_trip("3e0") == "3");
    CHECK(round_trip("0.1") == "0.1");
    CHECK(round_trip("[-0,-0.0,0e5]") == "[0,0,0]");
    CHECK(std::signbit(*Json::parse("-0")->number()));
    CHECK(std::signbit(*Json::parse("-0.0")->number()));
    CHECK(Json::parse("5e-324")->number() == 5e-324);
    CHECK(Json::parse("2.2250738585072011e-308")->number() == 2.2250738585072011e-308);
    CHECK(Json::parse("1.7976931348623157e308")->number() == 1.7976931348623157e308);
    CHECK(Json::parse("123456789.123e-3")->number() == 123456.789123);
}

TEST_CASE("json: numbers out of range become infinite or zero") {
    double const infinity = std::numeric_limits<double>::infinity();
    CHECK(Json::parse("1e400")->number() == infinity);
    CHECK(Json::parse("-1e400")->number() == -infinity);
    CHECK(Json::parse("1e99999999999999999999999")->number() == infinity);
    CHECK(Json::parse("1e9223372036854775807")->number() == infinity);
    CHECK(Json::parse("0e99999999999999999999999")->number() == 0);
    CHECK(Json::parse("1e-400")->number() == 0);
    CHECK(Json::parse("1e-99999999999999999999999")->number() == 0);
    CHECK(Json::parse("0.01e-9223372036854775807")->number() == 0);
    CHECK(Json::parse("1" + std::string(400, '0'))->number() == infinity);
    CHECK(Json::parse("1" + std::string(400, '0') + "e-400")->number() == 1);
    CHECK(Json::parse("0." + std::string(400, '0') + "1")->number() == 0);
    CHECK(Json::parse("0." + std::string(400, '0') + "1e401")->number() == 1);
    CHECK(round_trip(R"({"a":[1e400,"1e400","\"",-1e400,2.50]})") ==
          R"({"a":[null,"1e400","\"",null,2.5]})");
}

TEST_CASE("json: lone surrogates survive") {
    CHECK(round_trip(R"("\ud800")") == R"("\ud800")");
    CHECK(round_trip(R"("\uDFFF")") == R"("\udfff")");
    CHECK(round_trip(R"("\uD83Dx")") == R"("\ud83dx")");
    CHECK(round_trip(R"("\ud83d\ud83d\ude00\ude00")") == "\"\\ud83d\U0001F600\\ude00\"");
    CHECK(round_trip(R"("\ud83d\\ude00")") == R"("\ud83d\\ude00")");
    CHECK(round_trip(R"({"\ud800":[1,"\ud801",-2.5e3]})") == R"({"\ud800":[1,"\ud801",-2500]})");
    CHECK(*Json::parse(R"("\ud800")")->string() == "\xED\xA0\x80");
}

TEST_CASE("json: nesting is limited") {
    auto const nested = [](std::size_t depth, char open, char close) {
        return std::string(depth, open) + std::string(depth, close);
    };
    CHECK(Json::parse(nested(max_json_depth, '[', ']')));
    CHECK_FALSE(Json::parse(nested(max_json_depth + 1, '[', ']')));
    CHECK_FALSE(Json::parse(std::string(1'000'000, '[')));
    std::string objects;
    for (int i = 0; i < 200'000; ++i) {
        objects += "{\"\":";
    }
    CHECK_FALSE(Json::parse(objects));
    auto const deep = *Json::parse(nested(max_json_depth, '[', ']'));
    CHECK(deep.dump() == nested(max_json_depth, '[', ']'));
    CHECK(Json(deep) == deep);
}

TEST_CASE("json: hostile sizes take linear time") {
    std::string many_keys = "{";
    for (int i = 0; i < 30'000; ++i) {
        many_keys += "\"k" + std::to_string(i % 20'000) + "\":1,";
    }
    many_keys.back() = '}';
    CHECK(Json::parse(many_keys)->size() == 20'000);
    std::string many_indices = "{";
    for (int i = 30'000; i > 0; --i) {
        many_indices += "\"" + std::to_string(i) + "\":1,";
    }
    many_indices.back() = '}';
    auto const indices = Json::parse(many_indices);
    CHECK(indices->size() == 30'000);
    CHECK(indices->object_members()->begin()->first == "1");
    CHECK(Json::parse(std::string(1'000'000, '9'))->is_number());
    CHECK(Json::parse("[\"" + std::string(1'000'000, 'x') + "\"]"));
    CHECK_FALSE(Json::parse("1e400" + std::string(1'000'000, '"')));
}

TEST_CASE("json: dump prints what is not JSON as Node does") {
    CHECK(Json(std::numeric_limits<double>::infinity()).dump() == "null");
    CHECK(Json(Binary{std::string("\x00\xFF", 2)}).dump() == R"({"type":"Buffer","data":[0,255]})");
}

TEST_CASE("json: canonical sorts keys at every depth") {
    auto const value = Json::parse(R"({"b":[{"z":1,"y":[]},{}],"10":1,"9":2,"a":"x"})");
    CHECK(value->canonical() == R"({"10":1,"9":2,"a":"x","b":[{"y":[],"z":1},{}]})");
}

}  // namespace json_test
