#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

/// Log lines with a category ("engineio", "net", "limits", …) and one level for the whole process.
/// The backend is named only in log.cpp. Every function may be called from any thread.
namespace engineio::net {

/// How important a line is; `off` drops all.
enum class Level { trace, debug, info, warn, error, off };

/// Lines below `level` are dropped. Default: info.
void set_level(Level level);
/// The present one.
Level level() noexcept;

/// "trace", "debug", "info", "warn", "error" or "off"; anything else leaves the level as it is and
/// returns false.
bool set_level(std::string_view name);

/// Lines of this level are written.
inline bool log_enabled(Level wanted) noexcept {
    return wanted >= level() && wanted != Level::off;
}

/// Writes one line. Control characters in `text` are replaced by '?', so a peer that gets its
/// input logged can forge neither lines nor terminal sequences.
void log(Level level, std::string_view category, std::string_view text);

/// Formats only if the level is enabled, so a disabled debug line costs one load and a branch.
template <class... Args>
void log_at(Level wanted, std::string_view category, fmt::format_string<Args...> format,
            Args&&... args) {
    if (log_enabled(wanted)) {
        log(wanted, category, fmt::format(format, std::forward<Args>(args)...));
    }
}

/// log_at() of this level.
template <class... Args>
void log_debug(std::string_view category, fmt::format_string<Args...> format, Args&&... args) {
    log_at(Level::debug, category, format, std::forward<Args>(args)...);
}

/// log_at() of this level.
template <class... Args>
void log_info(std::string_view category, fmt::format_string<Args...> format, Args&&... args) {
    log_at(Level::info, category, format, std::forward<Args>(args)...);
}

/// log_at() of this level.
template <class... Args>
void log_warn(std::string_view category, fmt::format_string<Args...> format, Args&&... args) {
    log_at(Level::warn, category, format, std::forward<Args>(args)...);
}

/// log_at() of this level.
template <class... Args>
void log_error(std::string_view category, fmt::format_string<Args...> format, Args&&... args) {
    log_at(Level::error, category, format, std::forward<Args>(args)...);
}

}  // namespace engineio::net
