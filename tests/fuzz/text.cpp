// The small text formats: UTF-8 (the fast checker against a plain one), base64, percent encoding,
// queries, cookies, dates.

#include "engineio/net/text.hpp"
#include "tests/fuzz/targets.hpp"

#include <map>
#include <string>

namespace fuzz {
namespace text_target {

using namespace engineio::net;

// RFC 3629's table, one character at a time: its length, or 0.
std::size_t character(std::string_view text) {
    auto const byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    auto const tail = [&](std::size_t i) { return byte(i) >= 0x80 && byte(i) <= 0xBF; };
    if (byte(0) < 0x80) {
        return 1;
    }
    if (byte(0) >= 0xC2 && byte(0) <= 0xDF) {
        return tail(1) ? 2 : 0;
    }
    if ((byte(0) & 0xF0) == 0xE0) {
        unsigned const value = (byte(0) & 15) << 12 | (byte(1) & 63) << 6 | (byte(2) & 63);
        bool const surrogate = value >= 0xD800 && value <= 0xDFFF;
        return tail(1) && tail(2) && value >= 0x800 && !surrogate ? 3 : 0;
    }
    if ((byte(0) & 0xF8) == 0xF0) {
        unsigned const value =
            (byte(0) & 7) << 18 | (byte(1) & 63) << 12 | (byte(2) & 63) << 6 | (byte(3) & 63);
        bool const there = tail(1) && tail(2) && tail(3);
        return there && value >= 0x10000 && value <= 0x10FFFF ? 4 : 0;
    }
    return 0;
}

bool is_valid_simply(std::string_view text, std::size_t& units) {
    units = 0;
    while (!text.empty()) {
        auto const length = character(text);
        if (length == 0) {
            return false;
        }
        units += length == 4 ? 2 : 1;
        text.remove_prefix(length);
    }
    return true;
}

void check_utf8(std::string_view text, std::uint8_t cuts) {
    std::size_t units = 0;
    bool const valid = is_valid_simply(text, units);
    FUZZ_CHECK(is_valid_utf8(text) == valid);
    Utf8State state;
    in_pieces(text, cuts, [&](std::span<char> piece) { state.feed({piece.data(), piece.size()}); });
    FUZZ_CHECK(state.complete() == valid);
    auto const repaired = replace_invalid_utf8(text);
    FUZZ_CHECK(is_valid_utf8(repaired));
    FUZZ_CHECK(!valid || repaired == text);
    FUZZ_CHECK(!valid || utf16_length(text) == units);
    auto const all = utf16_length(repaired);
    std::size_t const some = cuts % (all + 1);
    auto const bytes = utf16_prefix_bytes(repaired, some);
    auto const prefix = std::string_view(repaired).substr(0, bytes);
    FUZZ_CHECK(is_valid_utf8(prefix));
    // One unit less where a pair of surrogates would have been cut.
    FUZZ_CHECK(utf16_length(prefix) == some || utf16_length(prefix) + 1 == some);
    FUZZ_CHECK(utf16_prefix_bytes(repaired, all) == repaired.size());
}

void check_encodings(std::string_view bytes) {
    FUZZ_SAME(base64_decode(base64_encode(bytes)), std::string(bytes));
    FUZZ_SAME(base64_decode(base64url_encode(bytes)), std::string(bytes));
    FUZZ_CHECK(base64_decode(bytes).size() <= bytes.size() / 4 * 3 + 3);
    auto const encoded = percent_encode(bytes);
    FUZZ_SAME(percent_decode(encoded), std::string(bytes));
    FUZZ_CHECK(encoded.find_first_of(std::string_view("&=;, \r\n\0", 8)) == std::string::npos);
    FUZZ_CHECK(percent_decode(bytes, true).size() <= bytes.size());
}

void check_query(std::string_view text) {
    auto const query = Query::parse(text);
    std::string again;
    std::map<std::string, std::string> last;
    for (auto const& [name, value] : query.pairs()) {
        FUZZ_CHECK(is_valid_utf8(name) && is_valid_utf8(value));
        again += percent_encode(name) + "=" + percent_encode(value) + "&";
        last[name] = value;
    }
    FUZZ_CHECK(Query::parse(again).pairs() == query.pairs());
    for (auto const& [name, value] : last) {
        FUZZ_CHECK(query.has(name));
        FUZZ_SAME(std::string(query.get(name)), value);
    }
}

void check_cookies(std::string_view header) {
    auto const cookies = parse_cookies(header);
    std::map<std::string, std::string> first;
    for (auto const& [name, value] : cookies) {
        first.emplace(name, value);
    }
    for (auto const& [name, value] : first) {
        auto const found = find_cookie(header, name);
        FUZZ_CHECK(found.has_value());
        FUZZ_SAME(*found, value);
    }
    FUZZ_CHECK(first.count("absent=") == 0 && !find_cookie(header, "absent="));
    // A foreign cookie in front does not hide ours.
    FUZZ_CHECK(find_cookie("first=1; " + std::string(header), "first") == "1");
}

void check_pieces(std::string_view text) {
    std::string joined;
    for (auto rest = text; rest.data();) {
        joined += next_piece(rest, ',');
        joined += rest.data() ? "," : "";
    }
    FUZZ_SAME(joined, std::string(text));
    auto const trimmed = trim(text);
    FUZZ_CHECK(text.find(trimmed) != text.npos && trim(trimmed) == trimmed);
    FUZZ_CHECK(iequals(text, to_lower(text)));
    if (auto const time = parse_http_date(text); time && *time >= 0) {
        FUZZ_CHECK(parse_http_date(http_date(*time)) == time);
    }
}

}  // namespace text_target

void text(Bytes bytes) {
    using namespace text_target;
    Input input(bytes);
    auto const cuts = input.byte();
    auto const all = input.rest();
    check_utf8(all, cuts);
    check_encodings(all);
    check_query(all);
    check_cookies(all);
    check_pieces(all);
}

}  // namespace fuzz
