#include "engineio/net/text.hpp"

#include "engineio/net/keyed_hash.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

namespace text_test {

using namespace engineio::net;

TEST_CASE("base64 both ways, RFC 4648 section 10") {
    std::pair<char const*, char const*> const rows[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (auto const& [plain, encoded] : rows) {
        CHECK(base64_encode(plain) == encoded);
        CHECK(base64_decode(encoded) == plain);
    }
    CHECK(base64_encode("\xFB\xFF\xFE") == "+//+");
    CHECK(base64url_encode("\xFB\xFF\xFE") == "-__-");
    CHECK(base64url_encode("f") == "Zg");
}

TEST_CASE("base64 decoding is as lenient as Node's Buffer") {
    CHECK(base64_decode("Zm9vYg") == "foob");        // no padding
    CHECK(base64_decode("-__-") == "\xFB\xFF\xFE");  // URL-safe alphabet
    CHECK(base64_decode("Zm\n9v !Yg==") == "foob");  // junk between
    CHECK(base64_decode("Zm9vY") == "foo");          // six left-over bits
    CHECK(base64_decode("=Zm9v") == "");
    CHECK(base64_decode("\xFF\x80") == "");
}

TEST_CASE("UTF-8 validity") {
    using namespace std::string_view_literals;
    std::string_view const good[] = {"",
                                     "plain ascii that is longer than eight bytes",
                                     "\xC2\x80",
                                     "\xDF\xBF",
                                     "\xE0\xA0\x80",
                                     "\xED\x9F\xBF",
                                     "\xEE\x80\x80",
                                     "\xEF\xBF\xBF",
                                     "\xF0\x90\x80\x80",
                                     "\xF4\x8F\xBF\xBF",
                                     "a\0b"sv};
    std::string_view const bad[] = {
        "\x80",
        "\xBF",
        "\xFF",
        "\xFE",  // cannot start a character
        "\xC0\x80",
        "\xC1\xBF",
        "\xE0\x9F\xBF",      // overlong
        "\xF0\x8F\xBF\xBF",  // overlong
        "\xED\xA0\x80",
        "\xED\xBF\xBF",  // surrogates
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",  // beyond U+10FFFF
        "\xC2",
        "\xE2\x82",
        "\xF0\x9F\x98",  // cut off
        "12345678\xC2"
        "12345678",
    };
    for (std::string_view text : good) {
        CHECK(is_valid_utf8(text));
        // Split anywhere, the incremental check agrees.
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            Utf8State state;
            CHECK(state.feed(text.substr(0, cut)));
            CHECK(state.feed(text.substr(cut)));
            CHECK(state.complete());
        }
    }
    for (std::string_view text : bad) {
        CAPTURE(text.size());
        CHECK_FALSE(is_valid_utf8(text));
        CHECK(is_valid_utf8(replace_invalid_utf8(text)));
    }
}

TEST_CASE("invalid UTF-8 is replaced per maximal piece, as WHATWG Encoding says") {
    std::string const fffd = "\xEF\xBF\xBD";
    CHECK(replace_invalid_utf8("a\x80z") == "a" + fffd + "z");
    CHECK(replace_invalid_utf8("\xE2\x82z") == fffd + "z");
    CHECK(replace_invalid_utf8("\xF0\x9F\x98") == fffd);
    CHECK(replace_invalid_utf8("\xC0\x80") == fffd + fffd);
    CHECK(replace_invalid_utf8("\xED\xA0\x80") == fffd + fffd + fffd);
    CHECK(replace_invalid_utf8("\xE2\xE2\x82\xAC") == fffd + "\xE2\x82\xAC");
    CHECK(replace_invalid_utf8("\xF0\x80\x80\x80") == fffd + fffd + fffd + fffd);
    CHECK(replace_invalid_utf8("\xC3\xA9") == "\xC3\xA9");
}

TEST_CASE("JavaScript lengths") {
    std::string const text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";  // 1 + 1 + 1 + 2 + 1 units
    CHECK(utf16_length(text) == 6);
    std::size_t const bytes[] = {0, 1, 3, 6, 6, 10, 11, 11};
    for (std::size_t units = 0; units < 8; ++units) {
        CHECK(utf16_prefix_bytes(text, units) == bytes[units]);
    }
}

TEST_CASE("queries by WHATWG rules") {
    Query const query = Query::parse("EI%4F=4&transport=polli%6Eg&a=1&a=2&sp=x+y&bad=%zz%4"
                                     "&flag&=v&&__proto__=p&e=a=b");
    CHECK(query.get("EIO") == "4");
    CHECK(query.get("transport") == "polling");
    CHECK(query.get("a") == "2");
    CHECK(query.get("sp") == "x y");
    CHECK(query.get("bad") == "%zz%4");
    CHECK(query.has("flag"));
    CHECK(query.get("flag") == "");
    CHECK(query.get("") == "v");
    CHECK(query.get("__proto__") == "p");
    CHECK(query.get("e") == "a=b");
    CHECK_FALSE(query.has("none"));
    CHECK(query.pairs().size() == 10);
    CHECK(Query::parse("x=%FF").get("x") == "\xEF\xBF\xBD");
    CHECK(Query::parse("").pairs().empty());
    CHECK(Query::parse({}).pairs().empty());
}

TEST_CASE("the last parameter of a name is what a query says") {
    auto const all = {"d=1&d=2&a=3", "d",       "d=1&d", "d=x+y%26", "%64=4",    "%6",
                      "%6=1&D=1",    "d=%FF&&", "&d==&", "a&b",      "",         "&",
                      "=v&d",        "dd=1",    "d%=1",  "%64%=1",   "d=1&%C3=2"};
    for (std::string const text : all) {
        auto const query = Query::parse(text);
        for (std::string const name : {"d", "", "dd", "\xEF\xBF\xBD"}) {
            CAPTURE(text);
            CAPTURE(name);
            auto const found = last_parameter(text, name);
            CHECK(found.has_value() == query.has(name));
            CHECK(found.value_or("") == query.get(name));
        }
    }
    CHECK_FALSE(last_parameter({}, "d"));
}

TEST_CASE("percent escapes") {
    CHECK(percent_encode("a b/\xC3\xA9'~") == "a%20b%2F%C3%A9'~");
    CHECK(percent_decode("a%20b+%2f%", false) == "a b+/%");
    CHECK(percent_decode("+", true) == " ");
}

TEST_CASE("cookies") {
    std::string_view const header =
        "a=1; b = \"quoted\" ;nothing; a=2; s%3A=s%3Aid.sig; e=; bad=%zz";
    CHECK(find_cookie(header, "a") == "1");
    CHECK(find_cookie(header, "b") == "quoted");
    CHECK(find_cookie(header, "s%3A") == "s:id.sig");
    CHECK(find_cookie(header, "e") == "");
    CHECK(find_cookie(header, "bad") == "%zz");
    CHECK_FALSE(find_cookie(header, "nothing"));
    CHECK_FALSE(find_cookie("", "a"));
    CHECK(parse_cookies(header).size() == 6);
}

TEST_CASE("small things") {
    CHECK(iequals("WebSocket", "websocket"));
    CHECK_FALSE(iequals("a", "ab"));
    CHECK_FALSE(iequals("[", "{"));
    CHECK(trim(" \t x y \t") == "x y");
    CHECK(to_lower("ABC[Z") == "abc[z");
    CHECK(trim(" ").data() != nullptr);
    std::string_view rest = "a,,b";
    CHECK(next_piece(rest, ',') == "a");
    CHECK(next_piece(rest, ',') == "");
    CHECK(next_piece(rest, ',') == "b");
    CHECK(rest.data() == nullptr);
}

TEST_CASE("HTTP dates") {
    CHECK(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
    CHECK_FALSE(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"));
    CHECK_FALSE(parse_http_date("Sun, 06 Xxx 1994 08:49:37 GMT"));
    CHECK_FALSE(parse_http_date("Sun, -6 Nov 1994 08:49:37 GMT"));
}

TEST_CASE("random bytes differ") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        CHECK(seen.insert(random_bytes(12)).second);
    }
}

TEST_CASE("random input never breaks a decoder and round trips hold") {
    std::mt19937 random(11);
    for (int i = 0; i < 3000; ++i) {
        std::string text(random() % 40, '\0');
        for (char& c : text) {
            c = static_cast<char>(random() % 3 ? random() : "%&=+;\"-"[random() % 7]);
        }
        CHECK(base64_decode(base64_encode(text)) == text);
        CHECK(base64_decode(base64url_encode(text)) == text);
        CHECK(percent_decode(percent_encode(text)) == text);
        std::string const clean = replace_invalid_utf8(text);
        CHECK(is_valid_utf8(clean));
        CHECK(utf16_prefix_bytes(clean, utf16_length(clean)) == clean.size());
        CHECK(utf16_prefix_bytes(text, 1000) <= text.size());
        (void)Query::parse(text);
        (void)parse_cookies(text);
        (void)base64_decode(text);
    }
}

// The reference's vectors: the key is 00 01 … 0f, the text 00 01 02 …, of such a length.
TEST_CASE("keyed hash: SipHash-2-4 and 1-3 as published") {
    SipKey const key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
    struct Row {
        std::size_t length;
        std::uint64_t paper;
        std::uint64_t tables;
    };
    Row const rows[] = {
        {0, 0x726fdb47dd0e0e31, 0xabac0158050fc4dc},  {1, 0x74f839c593dc67fd, 0xc9f49bf37d57ca93},
        {7, 0xab0200f58b01d137, 0xd3927d989bb11140},  {8, 0x93f5f5799a932462, 0x369095118d299a8e},
        {15, 0xa129ca6149be45e5, 0xd320d86d2a519956}, {16, 0x3f2acc7f57c29bdb, 0xcc4fdd1a7d908b66},
        {63, 0x958a324ceb064572, 0x9d199062b7bbb3a8}};
    std::string text;
    for (auto const& row : rows) {
        while (text.size() < row.length) {
            text.push_back(static_cast<char>(text.size()));
        }
        CHECK(sip_hash(key, text, 2, 4) == row.paper);
        CHECK(sip_hash(key, text, 1, 3) == row.tables);
    }
}

TEST_CASE("keyed hash: the same text has the same hash, as long as the process lives") {
    CHECK(KeyedHash()("room") == KeyedHash()(std::string("room")));
    CHECK(KeyedHash()("room") != KeyedHash()("moor"));
    CHECK(KeyedHash()("room") != sip_hash({0, 0}, "room", 1, 3));  // there is a key
}

}  // namespace text_test
