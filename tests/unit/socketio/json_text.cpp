#include "socketio/json_text.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "socketio/json.hpp"
#include "socketio/writer.hpp"

namespace json_text_test {

using namespace socketio;

namespace {

std::string number(double value) {
    std::string out;
    append_number(out, value);
    return out;
}

std::string quoted(std::string_view text) {
    std::string out;
    append_quoted(out, text);
    return out;
}

IsoTime at(std::int64_t milliseconds) {
    return IsoTime(std::chrono::milliseconds(milliseconds));
}

}  // namespace

TEST_CASE("json_text: numbers as String(n) prints them") {
    struct Row {
        double value;
        char const* text;
    };
    // Right column: node -e 'console.log(JSON.stringify(x))'.
    for (Row const& row : {
             Row{0, "0"},
             {-0.0, "0"},
             {1, "1"},
             {-1, "-1"},
             {0.1, "0.1"},
             {-2.5, "-2.5"},
             {123.456, "123.456"},
             {1e20, "100000000000000000000"},
             {1e21, "1e+21"},
             {1.5e21, "1.5e+21"},
             {123456789012345680000.0, "123456789012345680000"},
             {1e-6, "0.000001"},
             {1.5e-6, "0.0000015"},
             {1e-7, "1e-7"},
             {1.5e-7, "1.5e-7"},
             {-1.25e-10, "-1.25e-10"},
             {1e100, "1e+100"},
             {5e-324, "5e-324"},
             {1.7976931348623157e308, "1.7976931348623157e+308"},
             {2.2250738585072014e-308, "2.2250738585072014e-308"},
             {9007199254740993.0, "9007199254740992"},
             {1152921504606846976.0, "1152921504606847000"},
             {0.1 + 0.2, "0.30000000000000004"},
             {1.0 / 3, "0.3333333333333333"},
             {100, "100"},
             {1234.5, "1234.5"},
             {std::numeric_limits<double>::infinity(), "null"},
             {std::numeric_limits<double>::quiet_NaN(), "null"},
         }) {
        CHECK(number(row.value) == row.text);
    }
}

TEST_CASE("json_text: strings as JSON.stringify prints them") {
    CHECK(quoted("") == "\"\"");
    CHECK(quoted("plain text") == "\"plain text\"");
    CHECK(quoted("\b\t\n\f\r\"\\/") == R"("\b\t\n\f\r\"\\/")");
    CHECK(quoted(std::string_view("\0\x01\x0b\x1f\x7f", 5)) ==
          "\"\\u0000\\u0001\\u000b\\u001f\x7f\"");
    CHECK(quoted("\u00e9\u2028\u2029\U0001F600") == "\"\u00e9\u2028\u2029\U0001F600\"");
    CHECK(quoted("a\xED\xA0\x80z") == R"("a\ud800z")");
    CHECK(quoted("\xED\xBF\xBF") == R"("\udfff")");
}

TEST_CASE("json_text: bytes that are no UTF-8 become U+FFFD") {
    CHECK(quoted("\xFF") == "\"\uFFFD\"");
    CHECK(quoted("a\xC3") == "\"a\uFFFD\"");
    CHECK(quoted("\xC0\x80") == "\"\uFFFD\uFFFD\"");
    CHECK(quoted("\xE2\x82") == "\"\uFFFD\uFFFD\"");
    CHECK(quoted("\xF4\x90\x80\x80") == "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");
    CHECK(quoted("\xE0\x80\x80") == "\"\uFFFD\uFFFD\uFFFD\"");
    CHECK(to_valid_utf8("ok \u00e9\U0001F600") == "ok \u00e9\U0001F600");
    CHECK(to_valid_utf8("\xFFx\x80") == "\uFFFDx\uFFFD");
    CHECK(to_valid_utf8("\xED\xA0\x80").find("\uFFFD") == 0);
}

TEST_CASE("json_text: strings order by UTF-16 code units") {
    CHECK(utf16_less("a", "b"));
    CHECK(utf16_less("", "a"));
    CHECK(utf16_less("a", "ab"));
    CHECK_FALSE(utf16_less("a", "a"));
    CHECK_FALSE(utf16_less("b", "a"));
    CHECK(utf16_less("\U0001F600", "\uFB33"));  // D83D < FB33, although the code point is larger
    CHECK(utf16_less("\U0001F600", "\U0001F601"));
    CHECK(utf16_less("\xED\xA0\x80", "\U00010000"));  // a prefix of the pair
    CHECK(utf16_less("\U00010000", "\xED\xAF\xBF"));  // D800 < DBFF
    CHECK(utf16_less("\u20ac", "\U0001F600"));
}

TEST_CASE("json_text: dates as toISOString prints them") {
    CHECK(iso_time(at(0)) == "1970-01-01T00:00:00.000Z");
    CHECK(iso_time(at(1709210096789)) == "2024-02-29T12:34:56.789Z");
    CHECK(iso_time(at(-1)) == "1969-12-31T23:59:59.999Z");
    CHECK(iso_time(at(253402300799999)) == "9999-12-31T23:59:59.999Z");
    CHECK(iso_time(at(253402300800000)) == "+010000-01-01T00:00:00.000Z");
    CHECK(iso_time(at(8640000000000000)) == "+275760-09-13T00:00:00.000Z");
    CHECK(iso_time(at(-8640000000000000)) == "-271821-04-20T00:00:00.000Z");
    CHECK(iso_time(at(-62167219200000)) == "0000-01-01T00:00:00.000Z");
    CHECK(iso_time(at(-62167219200001)) == "-000001-12-31T23:59:59.999Z");
}

TEST_CASE("json_text: dates are read back") {
    CHECK(parse_iso_time("2024-02-29T12:34:56.789Z") == at(1709210096789));
    CHECK(parse_iso_time("2024-02-29T12:34:56Z") == at(1709210096000));
    CHECK(parse_iso_time("2024-02-29T12:34:56.7Z") == at(1709210096700));
    CHECK(parse_iso_time("2024-02-29T12:34:56.789999999Z") == at(1709210096789));
    CHECK(parse_iso_time("2024-02-29T14:04:56.789+01:30") == at(1709210096789));
    CHECK(parse_iso_time("2024-02-29T11:34:56.789-01:00") == at(1709210096789));
    for (char const* const text :
         {"", "2024-02-30T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z",
          "2024-01-01T00:00:00", "2024-01-01", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00Zx",
          "2024-01-01T00:00:00.1234567890Z", "2024-01-01T00:00:00+1:00", "2024-01-01 00:00:00Z",
          "-001-01-01T00:00:00Z"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_iso_time(text));
    }
}

TEST_CASE("text writer: undefined is left out of objects and null in arrays") {
    std::string out;
    TextWriter writer(out);
    writer.begin_object(4);
    writer.key("a");
    writer.undefined();
    writer.key("b");
    writer.integer(1);
    writer.key("c");
    writer.undefined();
    writer.key("d");
    writer.begin_array(2);
    writer.undefined();
    writer.boolean(false);
    writer.end_array();
    writer.end_object();
    CHECK(out == R"({"b":1,"d":[null,false]})");
}

TEST_CASE("text writer: binaries become numbered placeholders") {
    std::string out = "prefix";
    std::vector<std::string> attachments;
    TextWriter writer(out, &attachments);
    write(writer, Json::array({"x", Binary{"one"}, Json::object({{"b", Binary{""}}})}));
    CHECK(out ==
          R"(prefix["x",{"_placeholder":true,"num":0},{"b":{"_placeholder":true,"num":1}}])");
    CHECK(attachments == std::vector<std::string>{"one", ""});
}

TEST_CASE("tree writer: builds what it is told") {
    Json const value = *Json::parse(R"({"a":[1,2.5,"x",null,true,{}],"b":{"c":[]}})");
    TreeWriter tree;
    write(tree, value);
    CHECK(tree.depth() == 0);
    CHECK(tree.take() == value);
}

}  // namespace json_text_test
