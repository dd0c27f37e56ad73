#include "engineio/net/log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
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

bool is_control_character(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
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
    if (std::none_of(text.begin(), text.end(), is_control_character)) {
        spdlog::log(backend_level(level), "{}: {}", category, text);
        return;
    }
    std::string clean(text);
    std::replace_if(clean.begin(), clean.end(), is_control_character, '?');
    spdlog::log(backend_level(level), "{}: {}", category, clean);
}

}  // namespace engineio::net
