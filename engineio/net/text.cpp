#include "engineio/net/text.hpp"

#include "engineio/net/result.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include <fmt/format.h>

namespace engineio::net {

namespace {

constexpr std::string_view standard_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t not_base64 = 0xFF;

constexpr std::array<std::uint8_t, 256> make_base64_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(not_base64);
    for (std::uint8_t i = 0; i < 64; ++i) {
        values[static_cast<unsigned char>(standard_alphabet[i])] = i;
        values[static_cast<unsigned char>(url_alphabet[i])] = i;
    }
    return values;
}

constexpr auto base64_values = make_base64_values();

std::string encode64(std::string_view bytes, std::string_view alphabet, bool pad) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::size_t const count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        }
        // n bytes need n + 1 characters; the rest of the group of four is padding.
        for (std::size_t k = 0; k <= count; ++k) {
            out += alphabet[group >> (18 - 6 * k) & 63];
        }
        if (pad) {
            out.append(3 - count, '=');
        }
    }
    return out;
}

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char const lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The byte of the escape "%XX" at `at`, or -1.
int escaped_byte(std::string_view text, std::size_t at) noexcept {
    if (text.size() - at < 3) {
        return -1;
    }
    int const high = hex_value(text[at + 1]);
    int const low = hex_value(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

char ascii_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool has_bad_escape(std::string_view text) noexcept {
    for (std::size_t i = text.find('%'); i < text.size(); i = text.find('%', i + 1)) {
        if (escaped_byte(text, i) < 0) {
            return true;
        }
    }
    return false;
}

/// decodeURIComponent throws for broken escapes and bad UTF-8; the cookie package then keeps the
/// raw value, so a hostile cookie cannot make its neighbours unreadable.
std::string cookie_value(std::string_view raw) {
    if (raw.size() >= 2 && raw.front() == '"' && raw.back() == '"') {
        raw = raw.substr(1, raw.size() - 2);
    }
    if (raw.find('%') == raw.npos || has_bad_escape(raw)) {
        return std::string(raw);
    }
    std::string decoded = percent_decode(raw);
    return is_valid_utf8(decoded) ? decoded : std::string(raw);
}

constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool parse_number(std::string_view digits, int& out) noexcept {
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return error == std::errc{} && end == digits.data() + digits.size() && out >= 0;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
    return encode64(bytes, standard_alphabet, true);
}

std::string base64url_encode(std::string_view bytes) {
    return encode64(bytes, url_alphabet, false);
}

std::string base64_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size() / 4 * 3 + 3);
    std::uint32_t bits = 0;
    int count = 0;
    for (char c : text) {
        if (c == '=') {
            break;
        }
        std::uint8_t const value = base64_values[static_cast<unsigned char>(c)];
        if (value == not_base64) {
            continue;
        }
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xFF);
        }
    }
    return out;
}

Query Query::parse(std::string_view text) {
    Query query;
    while (text.data()) {
        std::string_view value = next_piece(text, '&');
        if (value.empty()) {
            continue;
        }
        std::string_view const name = next_piece(value, '=');
        query.pairs_.emplace_back(replace_invalid_utf8(percent_decode(name, true)),
                                  replace_invalid_utf8(percent_decode(value, true)));
    }
    return query;
}

std::string_view Query::get(std::string_view name) const& noexcept {
    auto const found = std::find_if(pairs_.rbegin(), pairs_.rend(),
                                    [&](auto const& pair) { return pair.first == name; });
    return found == pairs_.rend() ? std::string_view{} : std::string_view{found->second};
}

bool Query::has(std::string_view name) const noexcept {
    return std::any_of(pairs_.begin(), pairs_.end(),
                       [&](auto const& pair) { return pair.first == name; });
}

std::optional<std::string> last_parameter(std::string_view text, std::string_view name) {
    constexpr std::size_t escape_bytes = 3;
    while (!text.empty()) {
        std::size_t const at = text.rfind('&');
        std::string_view value = at == text.npos ? text : text.substr(at + 1);
        text = at == text.npos ? std::string_view{} : text.substr(0, at);
        if (value.empty()) {
            continue;
        }
        std::string_view const written = next_piece(value, '=');
        // Decoding is for those that may be it: nothing becomes shorter than a third.
        if (written.size() <= escape_bytes * name.size() &&
            replace_invalid_utf8(percent_decode(written, true)) == name) {
            return replace_invalid_utf8(percent_decode(value, true));
        }
    }
    return std::nullopt;
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            out += ' ';
        } else if (int const byte = text[i] == '%' ? escaped_byte(text, i) : -1; byte >= 0) {
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kept = "-_.!~*'()";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (char c : text) {
        char const lower = ascii_lower(c);
        if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || kept.find(c) != kept.npos) {
            out += c;
            continue;
        }
        auto const byte = static_cast<unsigned char>(c);
        out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

std::vector<std::pair<std::string, std::string>> parse_cookies(std::string_view header) {
    std::vector<std::pair<std::string, std::string>> cookies;
    while (header.data()) {
        std::string_view value = next_piece(header, ';');
        std::string_view const name = next_piece(value, '=');
        if (value.data()) {  // a piece without '=' is no cookie
            cookies.emplace_back(trim(name), cookie_value(trim(value)));
        }
    }
    return cookies;
}

std::optional<std::string> find_cookie(std::string_view header, std::string_view name) {
    while (header.data()) {
        std::string_view value = next_piece(header, ';');
        std::string_view const found = next_piece(value, '=');
        if (value.data() && trim(found) == name) {
            return cookie_value(trim(value));
        }
    }
    return std::nullopt;
}

bool iequals(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), ascii_lower);
    return out;
}

std::string_view trim(std::string_view text) noexcept {
    std::size_t const first = text.find_first_not_of(" \t");
    if (first == text.npos) {
        // Not a null view: an empty cookie value is still a value.
        return text.substr(0, 0);
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view next_piece(std::string_view& rest, char separator) noexcept {
    std::size_t const at = rest.find(separator);
    std::string_view const piece = rest.substr(0, at);
    rest = at == rest.npos ? std::string_view{} : rest.substr(at + 1);
    return piece;
}

std::string http_date(std::time_t time) {
    std::tm utc{};
    gmtime_r(&time, &utc);
    // Not strftime: its names follow the locale.
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                       day_names[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                       month_names[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                       utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::optional<std::time_t> parse_http_date(std::string_view text) noexcept {
    // Fixed columns: "Sun, 06 Nov 1994 08:49:37 GMT".
    if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" ||
        text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' ||
        text[22] != ':') {
        return std::nullopt;
    }
    auto const month = std::find(month_names.begin(), month_names.end(), text.substr(8, 3));
    std::tm utc{};
    int year = 0;
    if (month == month_names.end() || !parse_number(text.substr(5, 2), utc.tm_mday) ||
        !parse_number(text.substr(12, 4), year) || !parse_number(text.substr(17, 2), utc.tm_hour) ||
        !parse_number(text.substr(20, 2), utc.tm_min) ||
        !parse_number(text.substr(23, 2), utc.tm_sec)) {
        return std::nullopt;
    }
    utc.tm_mon = static_cast<int>(month - month_names.begin());
    utc.tm_year = year - 1900;
    return timegm(&utc);
}

void random_fill(void* out, std::size_t count) {
    auto* bytes = static_cast<char*>(out);
    while (count > 0) {
        ssize_t const got = getrandom(bytes, count, 0);
        if (got < 0) {
            SIO_ASSERT(errno == EINTR);  // any other failure would mean guessable ids
            continue;
        }
        bytes += got;
        count -= static_cast<std::size_t>(got);
    }
}

std::string random_bytes(std::size_t count) {
    std::string out(count, '\0');
    random_fill(out.data(), count);
    return out;
}

}  // namespace engineio::net
