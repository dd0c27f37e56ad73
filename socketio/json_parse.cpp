// Json::parse over RapidJSON's iterative SAX reader. RapidJSON 1.1 differs from JSON.parse in four
// points, all handled here: it refuses numbers beyond the double range, refuses lone high
// surrogate escapes, takes a NUL byte for the end of the text, and has no depth limit.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "socketio/json.hpp"
#include "socketio/json_plain.hpp"
#include "socketio/writer.hpp"

namespace socketio {
namespace {

// Starts a string that stands for a number; cannot begin one that came in, as it is not UTF-8.
constexpr char number_mark = '\xFF';

// Whether a number out of the double range is too large (rather than too close to zero): the
// decimal exponent of its first significant digit tells. `token` is a valid JSON number.
bool is_overflow(std::string_view token) {
    std::size_t const e = std::min(token.find_first_of("eE"), token.size());
    std::string_view const mantissa = token.substr(0, e);
    auto const point = static_cast<std::int64_t>(std::min(mantissa.find('.'), mantissa.size()));
    auto const first =
        static_cast<std::int64_t>(std::min(mantissa.find_first_of("123456789"), mantissa.size()));
    std::string_view exponent_text = token.substr(std::min(e + 1, token.size()));
    bool const negative = exponent_text.starts_with('-');
    if (negative || exponent_text.starts_with('+')) {
        exponent_text.remove_prefix(1);
    }
    std::int64_t exponent = 0;
    auto const [end, error] = std::from_chars(
        exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
    constexpr std::int64_t beyond_any_text = std::int64_t{1} << 62;
    if (error == std::errc::result_out_of_range || exponent > beyond_any_text) {
        return !negative;
    }
    return (negative ? -exponent : exponent) + point - first > 0;
}

// A JSON number to the nearest double, as JavaScript does; integers stay exact.
Json to_number(std::string_view token) {
    char const* const end = token.data() + token.size();
    bool const negative = token.starts_with('-');
    std::int64_t integer = 0;
    auto const whole = std::from_chars(token.data(), end, integer);
    if (whole.ec == std::errc() && whole.ptr == end && (integer != 0 || !negative)) {
        return integer;
    }
    double value = 0;
    if (std::from_chars(token.data(), end, value).ec == std::errc::result_out_of_range) {
        value = is_overflow(token) ? std::numeric_limits<double>::infinity() : 0.0;
        value = negative ? -value : value;
    }
    return value;
}

// Receives RapidJSON's events; returning false stops the reader.
class SaxHandler {
public:
    using Size = rapidjson::SizeType;

    explicit SaxHandler(bool has_marked_numbers) : has_marked_numbers_(has_marked_numbers) {}

    bool Null() {
        tree_.null();
        return true;
    }
    bool Bool(bool value) {
        tree_.boolean(value);
        return true;
    }
    bool RawNumber(char const* text, Size size, bool) { return number({text, size}); }
    bool String(char const* text, Size size, bool) {
        if (is_marked({text, size})) {
            return number(std::string_view(text, size).substr(1));
        }
        tree_.string({text, size});
        return true;
    }
    bool Key(char const* text, Size size, bool) {
        tree_.key({text, size});
        return !is_marked({text, size});
    }
    bool StartArray() {
        tree_.begin_array(0);
        return tree_.depth() <= max_json_depth;
    }
    bool EndArray(Size) {
        tree_.end_array();
        return true;
    }
    bool StartObject() {
        tree_.begin_object(0);
        return tree_.depth() <= max_json_depth;
    }
    bool EndObject(Size) {
        tree_.end_object();
        return true;
    }
    // Numbers come as text; the reader only needs these to compile.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }

    Json take() { return tree_.take(); }

private:
    bool is_marked(std::string_view text) const {
        return has_marked_numbers_ && text.starts_with(number_mark);
    }
    bool number(std::string_view token) {
        tree_.value(to_number(token));
        return true;
    }

    bool has_marked_numbers_;
    TreeWriter tree_;
};

struct ReadResult {
    std::optional<Json> value;
    // The text may be valid JSON all the same, see make_readable().
    bool was_too_strict = false;
};

ReadResult read(std::string_view text, bool has_marked_numbers) {
    SaxHandler handler(has_marked_numbers);
    rapidjson::Reader reader;
    rapidjson::MemoryStream stream(text.data(), text.size());
    constexpr unsigned flags =
        rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
    auto const status = reader.Parse<flags>(stream, handler);
    if (status.IsError()) {
        return {std::nullopt,
                status.Code() == rapidjson::kParseErrorNumberTooBig ||
                    status.Code() == rapidjson::kParseErrorStringUnicodeSurrogateInvalid};
    }
    if (stream.Tell() != text.size()) {
        return {};
    }
    return {handler.take(), false};
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::size_t digits_end(std::string_view text, std::size_t i) {
    while (i < text.size() && is_digit(text[i])) {
        ++i;
    }
    return i;
}

// The length of the JSON number at the start of `text`, 0 if there is none.
std::size_t number_length(std::string_view text) {
    std::size_t i = text.starts_with('-') ? 1 : 0;
    std::size_t const integer = i;
    i = digits_end(text, i);
    if (i == integer || (text[integer] == '0' && i > integer + 1)) {
        return 0;
    }
    if (i < text.size() && text[i] == '.') {
        std::size_t const fraction = i + 1;
        i = digits_end(text, fraction);
        if (i == fraction) {
            return 0;
        }
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        ++i;
        i += i < text.size() && (text[i] == '+' || text[i] == '-') ? 1 : 0;
        std::size_t const exponent = i;
        i = digits_end(text, exponent);
        if (i == exponent) {
            return 0;
        }
    }
    return i;
}

// The surrogate a "\udxxx" escape at the start of `text` names, or 0.
unsigned surrogate_escape(std::string_view text) {
    unsigned unit = 0;
    if (text.size() < 6 || !text.starts_with("\\u")) {
        return 0;
    }
    auto const [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
    return error == std::errc() && end == text.data() + 6 && unit >= 0xD800 && unit <= 0xDFFF ? unit
                                                                                              : 0;
}

// Copies the escape sequence at the start of `text`, a lone high surrogate as three WTF-8 bytes,
// which RapidJSON passes through. Returns the bytes consumed.
std::size_t copy_escape(std::string& out, std::string_view text) {
    unsigned const high = surrogate_escape(text);
    if (high == 0 || high >= 0xDC00) {
        out += text.substr(0, 2);
        return std::min<std::size_t>(text.size(), 2);
    }
    if (surrogate_escape(text.substr(6)) >= 0xDC00) {
        out += text.substr(0, 12);
        return 12;
    }
    out.push_back('\xED');
    out.push_back(static_cast<char>(0x80 | (high >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (high & 0x3F)));
    return 6;
}

// Rewrites a text that JSON.parse may accept but RapidJSON does not: every number becomes a marked
// string and lone high surrogates become bytes. nullopt if a number is malformed.
std::optional<std::string> make_readable(std::string_view text) {
    std::string out;
    bool in_string = false;
    std::size_t i = 0;
    while (i < text.size()) {
        std::string_view const rest = text.substr(i);
        if (in_string && rest[0] == '\\') {
            i += copy_escape(out, rest);
        } else if (!in_string && (is_digit(rest[0]) || rest[0] == '-')) {
            std::size_t const length = number_length(rest);
            if (length == 0) {
                return std::nullopt;
            }
            out.append({'"', number_mark}).append(rest.substr(0, length)).push_back('"');
            i += length;
        } else {
            in_string ^= rest[0] == '"';
            out.push_back(rest[0]);
            ++i;
        }
    }
    return out;
}

}  // namespace

std::optional<Json> Json::parse(std::string_view text) {
    if (auto plain = parse_plain(text)) {
        return plain;
    }
    ReadResult result = read(text, false);
    if (result.was_too_strict) {
        auto const readable = make_readable(text);
        return readable ? read(*readable, true).value : std::nullopt;
    }
    return std::move(result.value);
}

}  // namespace socketio
