#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "socketio/json_text.hpp"

namespace socketio {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

// The calendar repeats after 400 years; std::chrono's own years end at 32767, JavaScript's don't.
constexpr std::int64_t days_per_cycle = 146097;
constexpr std::int64_t years_per_cycle = 400;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

// Takes exactly `count` digits off the front of `text`.
bool take_digits(std::string_view& text, std::size_t count, unsigned& value) {
    if (text.size() < count) {
        return false;
    }
    value = 0;
    for (char const digit : text.substr(0, count)) {
        if (digit < '0' || digit > '9') {
            return false;
        }
        value = value * 10 + static_cast<unsigned>(digit - '0');
    }
    text.remove_prefix(count);
    return true;
}

bool take(std::string_view& text, char expected) {
    bool const found = !text.empty() && text[0] == expected;
    text.remove_prefix(found ? 1 : 0);
    return found;
}

// ".5" to ".123456789"; JavaScript keeps three digits and drops the rest.
bool take_fraction(std::string_view& text, std::chrono::milliseconds& fraction) {
    if (!take(text, '.')) {
        return true;
    }
    std::size_t const count = std::min(text.find_first_not_of("0123456789"), text.size());
    if (count == 0 || count > 9) {
        return false;
    }
    std::string digits(text.substr(0, count));
    text.remove_prefix(count);
    digits.resize(3, '0');
    std::string_view first_three = digits;
    unsigned value = 0;
    bool const valid = take_digits(first_three, 3, value);
    fraction = std::chrono::milliseconds(value);
    return valid;
}

bool take_offset(std::string_view& text, std::chrono::minutes& offset) {
    if (take(text, 'Z')) {
        return true;
    }
    bool const west = take(text, '-');
    unsigned hours = 0;
    unsigned minutes = 0;
    if ((!west && !take(text, '+')) || !take_digits(text, 2, hours) || !take(text, ':') ||
        !take_digits(text, 2, minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    offset = std::chrono::minutes(hours * 60 + minutes) * (west ? -1 : 1);
    return true;
}

}  // namespace

std::string iso_time(IsoTime time) {
    auto const day = std::chrono::floor<days>(time);
    std::chrono::hh_mm_ss const clock(time - day);
    std::int64_t const day_number = day.time_since_epoch().count();
    std::int64_t const cycle = floor_div(day_number, days_per_cycle);
    std::chrono::year_month_day const date{
        sys_days(days(static_cast<int>(day_number - cycle * days_per_cycle)))};
    auto const year = static_cast<long long>(int{date.year()} + cycle * years_per_cycle);
    bool const plain_year = year >= 0 && year <= 9999;

    std::array<char, 64> text;
    int const length = std::snprintf(
        text.data(), text.size(),
        plain_year ? "%04lld-%02u-%02uT%02d:%02d:%02d.%03dZ"
                   : "%+07lld-%02u-%02uT%02d:%02d:%02d.%03dZ",
        year, unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
        static_cast<int>(clock.subseconds().count()));
    return std::string(text.data(), static_cast<std::size_t>(length));
}

std::optional<IsoTime> parse_iso_time(std::string_view text) {
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    std::chrono::milliseconds fraction{0};
    std::chrono::minutes offset{0};
    bool const complete =
        take_digits(text, 4, year) && take(text, '-') && take_digits(text, 2, month) &&
        take(text, '-') && take_digits(text, 2, day) && take(text, 'T') &&
        take_digits(text, 2, hour) && take(text, ':') && take_digits(text, 2, minute) &&
        take(text, ':') && take_digits(text, 2, second) && take_fraction(text, fraction) &&
        take_offset(text, offset) && text.empty();
    std::chrono::year_month_day const date{std::chrono::year(static_cast<int>(year)),
                                           std::chrono::month(month), std::chrono::day(day)};
    if (!complete || !date.ok() || hour > 23 || minute > 59 || second > 59) {
        return std::nullopt;
    }
    return sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second) + fraction - offset;
}

}  // namespace socketio
