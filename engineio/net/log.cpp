#include "engineio/net/log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <string>

namespace engineio::net {

namespace {

// Read on every log call of every shard; relaxed because a late change only prints a line more.
std::atomic<Level> current_level{Level::info};

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info",
                                                      "warn",  "error", "off"};

spdlog::level::level_enum backend_level(Level level) {
    switch (level) {
    case Level::trace:
        return spdlog::level::trace;
    case Level::debug:
        return spdlog::level::debug;
    case Level::info:
        return spdlog::level::info;
    case Level::warn:
        return spdlog::level::warn;
    case Level::error:
        return spdlog::level::err;
    case Level::off:
        break;
    }
    return spdlog::level::off;
}

// Also the second byte of those of Latin-1 (U+0080 to U+009F), of which terminals take one for an
// escape.
bool is_control_character(std::string_view text, std::size_t i) {
    auto const byte = static_cast<unsigned char>(text[i]);
    auto const before = i > 0 ? static_cast<unsigned char>(text[i - 1]) : 0;
    bool const latin = before == 0xC2 && byte >= 0x80 && byte <= 0x9F;
    return (byte < 0x20 && byte != '\t') || byte == 0x7F || latin;
}

std::string cleaned(std::string_view text) {
    std::string clean(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_control_character(text, i)) {
            clean[i] = '?';
        }
    }
    return clean;
}

bool needs_cleaning(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_control_character(text, i)) {
            return true;
        }
    }
    return false;
}

}  // namespace

void set_level(Level level) {
    current_level.store(level, std::memory_order_relaxed);
    spdlog::set_level(backend_level(level));
}

Level level() noexcept {
    return current_level.load(std::memory_order_relaxed);
}

bool set_level(std::string_view name) {
    auto const found = std::find(level_names.begin(), level_names.end(), name);
    if (found == level_names.end()) {
        return false;
    }
    set_level(static_cast<Level>(found - level_names.begin()));
    return true;
}

void log(Level level, std::string_view category, std::string_view text) {
    if (!log_enabled(level)) {
        return;
    }
    // Text is an argument, never a format: a peer's braces must not be interpreted.
    if (needs_cleaning(text)) {
        spdlog::log(backend_level(level), "{}: {}", category, cleaned(text));
    } else {
        spdlog::log(backend_level(level), "{}: {}", category, text);
    }
}

}  // namespace engineio::net
