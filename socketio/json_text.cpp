#include "socketio/json_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "socketio/json.hpp"
#include "socketio/writer.hpp"

namespace socketio {
namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  // U+FFFD

// One decoded UTF-8 sequence. Surrogates are let through: that is what makes it WTF-8.
struct CodePoint {
    char32_t value = 0;
    std::size_t length = 0;  // 0: no valid sequence starts here
};

CodePoint decode_utf8(std::string_view text) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned const lead = byte(0);
    if (lead < 0x80) {
        return {lead, 1};
    }
    std::size_t const length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
        return {};
    }
    char32_t value = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) {
            return {};
        }
        value = value << 6U | (byte(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[length] || value > 0x10FFFF) {
        return {};
    }
    return {value, length};
}

void append_u_escape(std::string& out, char32_t unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (unsigned const shift : {12U, 8U, 4U, 0U}) {
        out.push_back(digits[unit >> shift & 0xFU]);
    }
}

void append_ascii_escape(std::string& out, char byte) {
    constexpr std::string_view plain = "\b\t\n\f\r\"\\";
    constexpr std::string_view letter = "btnfr\"\\";
    std::size_t const i = plain.find(byte);
    if (i == plain.npos) {
        append_u_escape(out, static_cast<unsigned char>(byte));
    } else {
        out.push_back('\\');
        out.push_back(letter[i]);
    }
}

// Appends what is not plain ASCII at the start of `text`; returns the bytes consumed.
std::size_t append_special(std::string& out, std::string_view text) {
    CodePoint const point = decode_utf8(text);
    if (point.length == 0) {
        out += replacement_character;
        return 1;
    }
    if (point.length == 1) {
        append_ascii_escape(out, text[0]);
    } else if (point.value >= 0xD800 && point.value <= 0xDFFF) {
        append_u_escape(out, point.value);
    } else {
        out += text.substr(0, point.length);
    }
    return point.length;
}

constexpr std::uint64_t every_byte(unsigned char byte) {
    return 0x0101010101010101U * byte;
}

// Eight characters at once: the high bit of the lowest byte that is below 0x20, a quote or a
// backslash is set; bits above it may be wrong (a borrow).
std::uint64_t escape_bits(std::uint64_t word) {
    auto const quote = word ^ every_byte('"');
    auto const backslash = word ^ every_byte('\\');
    return ((word - every_byte(0x20)) & ~word) | ((quote - every_byte(1)) & ~quote) |
           ((backslash - every_byte(1)) & ~backslash);
}

#ifdef __SSE2__
// Sixteen characters at once, a bit for each that must be escaped (or is not ASCII): a third of the
// instructions, and strings are read twice and written once by an echo.
unsigned escape_mask(char const* text, bool ascii_only) {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(text));
    auto const last_control = _mm_set1_epi8(0x1F);
    auto const control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
    auto const quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    auto const backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    auto stops = _mm_or_si128(control, _mm_or_si128(quote, backslash));
    if (ascii_only) {
        stops = _mm_or_si128(stops, bytes);
    }
    return static_cast<unsigned>(_mm_movemask_epi8(stops));
}
#endif

// Reads a UTF-8 string as the sequence of UTF-16 code units JavaScript sees.
class Utf16Cursor {
public:
    explicit Utf16Cursor(std::string_view text) : text_(text) {}

    // The next unit, or -1 at the end.
    std::int32_t next() {
        if (low_ != 0) {
            return std::exchange(low_, 0);
        }
        if (text_.empty()) {
            return -1;
        }
        CodePoint const point = decode_utf8(text_);
        text_.remove_prefix(std::max<std::size_t>(point.length, 1));
        if (point.length == 0) {
            return 0xFFFD;
        }
        auto const value = static_cast<std::int32_t>(point.value);
        if (value < 0x10000) {
            return value;
        }
        low_ = 0xDC00 + (value & 0x3FF);
        return 0xD7C0 + (value >> 10);
    }

private:
    std::string_view text_;
    std::int32_t low_ = 0;
};

// ECMAScript Number::toString, steps 6 to 10: `digits` without point, value 0.digits * 10^point.
void append_decimal(std::string& out, std::string_view digits, int point) {
    int const count = static_cast<int>(digits.size());
    if (point > 21 || point < -5) {
        int const exponent = point - 1;
        out.push_back(digits[0]);
        if (count > 1) {
            out.push_back('.');
            out += digits.substr(1);
        }
        out += exponent < 0 ? "e-" : "e+";
        out += std::to_string(std::abs(exponent));
    } else if (point <= 0) {
        out += "0.";
        out.append(static_cast<std::size_t>(-point), '0');
        out += digits;
    } else if (count <= point) {
        out += digits;
        out.append(static_cast<std::size_t>(point - count), '0');
    } else {
        out += digits.substr(0, static_cast<std::size_t>(point));
        out.push_back('.');
        out += digits.substr(static_cast<std::size_t>(point));
    }
}

}  // namespace

void append_number(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    if (value == 0) {
        out.push_back('0');
        return;
    }
    if (value < 0) {
        out.push_back('-');
        value = -value;
    }
    // to_chars gives the shortest digits as d.ddde±xx; JavaScript only places the point otherwise.
    std::array<char, 32> buffer;
    char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                    std::chars_format::scientific)
                          .ptr;
    char* const e = std::find(buffer.data(), end, 'e');
    int exponent = 0;
    std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
    std::string digits(1, buffer[0]);
    if (e - buffer.data() > 2) {
        digits.append(buffer.data() + 2, e);
    }
    append_decimal(out, digits, exponent + 1);
}

std::size_t unescaped_prefix(std::string_view text, bool ascii_only) {
    constexpr auto high_bits = every_byte(0x80);
    std::size_t i = 0;
#ifdef __SSE2__
    for (; i + 16 <= text.size(); i += 16) {
        if (auto const stops = escape_mask(text.data() + i, ascii_only)) {
            return i + static_cast<std::size_t>(std::countr_zero(stops));
        }
    }
#endif
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + i, sizeof word);
        auto const stops = (escape_bits(word) | (ascii_only ? word : 0)) & high_bits;
        if (stops == 0) {
            continue;
        }
        if constexpr (std::endian::native == std::endian::little) {
            return i + static_cast<std::size_t>(std::countr_zero(stops)) / 8;
        }
        break;  // in these eight
    }
    for (; i < text.size(); ++i) {
        auto const byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == '"' || byte == '\\' || (ascii_only && byte >= 0x80)) {
            break;
        }
    }
    return i;
}

void append_quoted(std::string& out, std::string_view text) {
    out.reserve(out.size() + text.size() + 2);
    out.push_back('"');
    std::size_t start = 0;
    std::size_t position = unescaped_prefix(text, true);
    while (position < text.size()) {
        out += text.substr(start, position - start);
        position += append_special(out, text.substr(position));
        start = position;
        position += unescaped_prefix(text.substr(position), true);
    }
    out += text.substr(start);
    out.push_back('"');
}

std::string to_valid_utf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        CodePoint const point = decode_utf8(bytes);
        std::size_t const length = std::max<std::size_t>(point.length, 1);
        bool const valid = point.length > 0 && (point.value < 0xD800 || point.value > 0xDFFF);
        text += valid ? bytes.substr(0, length) : replacement_character;
        bytes.remove_prefix(length);
    }
    return text;
}

bool utf16_less(std::string_view a, std::string_view b) {
    Utf16Cursor left(a);
    Utf16Cursor right(b);
    for (;;) {
        std::int32_t const x = left.next();
        std::int32_t const y = right.next();
        if (x != y) {
            return x < y;
        }
        if (x < 0) {
            return false;
        }
    }
}

void append_canonical(std::string& out, Json const& value) {
    char separator = 0;
    auto const separate = [&](char first) {
        out.push_back(separator == 0 ? first : ',');
        separator = ',';
    };
    if (Json::Array const* const items = value.array_items(); items && !items->empty()) {
        for (Json const& item : *items) {
            separate('[');
            append_canonical(out, item);
        }
        out.push_back(']');
    } else if (Json::Object const* const object = value.object_members();
               object && !object->empty()) {
        std::vector<Json::Member const*> sorted;
        for (Json::Member const& member : *object) {
            sorted.push_back(&member);
        }
        std::ranges::sort(sorted, utf16_less,
                          [](auto* member) -> std::string_view { return member->first; });
        for (Json::Member const* const member : sorted) {
            separate('{');
            append_quoted(out, member->first);
            out.push_back(':');
            append_canonical(out, member->second);
        }
        out.push_back('}');
    } else {
        TextWriter writer(out);
        write(writer, value);
    }
}

}  // namespace socketio
