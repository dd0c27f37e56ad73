#include "apps/eliza/times.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace apps::eliza {

namespace {

constexpr std::int64_t ms_per_second = 1000;

bool take_number(std::string_view& text, std::size_t digits, int& out) {
    if (text.size() < digits) {
        return false;
    }
    auto const [end, error] = std::from_chars(text.data(), text.data() + digits, out);
    bool const whole = error == std::errc() && end == text.data() + digits && text[0] != '-';
    text.remove_prefix(digits);
    return whole;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool const whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> time_of(std::string_view text) {
    if (auto const number = number_of(text)) {
        return number;
    }
    std::tm parts{};
    bool const whole = take_number(text, 4, parts.tm_year) && take(text, '-') &&
                       take_number(text, 2, parts.tm_mon) && take(text, '-') &&
                       take_number(text, 2, parts.tm_mday) && take(text, 'T') &&
                       take_number(text, 2, parts.tm_hour) && take(text, ':') &&
                       take_number(text, 2, parts.tm_min) && take(text, ':') &&
                       take_number(text, 2, parts.tm_sec);
    if (!whole) {
        return std::nullopt;
    }
    std::int64_t milliseconds = 0;
    if (take(text, '.')) {
        for (std::int64_t unit = ms_per_second / 10;
             !text.empty() && text.front() >= '0' && text.front() <= '9'; unit /= 10) {
            milliseconds += unit * (text.front() - '0');
            text.remove_prefix(1);
        }
    }
    if (text != "Z") {
        return std::nullopt;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return std::int64_t{timegm(&parts)} * ms_per_second + milliseconds;
}

std::string iso_time(std::int64_t milliseconds) {
    auto const seconds = static_cast<std::time_t>(milliseconds / ms_per_second);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 80> text{};
    auto const size =
        std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                      parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                      parts.tm_min, parts.tm_sec, static_cast<int>(milliseconds % ms_per_second));
    return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace apps::eliza
