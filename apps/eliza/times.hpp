#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace apps::eliza {

/// A whole number, or nothing.
std::optional<std::int64_t> number_of(std::string_view text);

/// Milliseconds since 1970 from their number or from "2026-01-31T12:00:00.123Z" (UTC, any number of
/// digits of a second), or nothing.
std::optional<std::int64_t> time_of(std::string_view text);

/// "2026-01-31T12:00:00.000Z", as JavaScript writes a Date.
std::string iso_time(std::int64_t milliseconds);

}  // namespace apps::eliza
