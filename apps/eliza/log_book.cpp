#include "apps/eliza/log_book.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace apps::eliza {

namespace {

struct NamedLevel {
    std::string_view name;
    int level;
};

constexpr std::array<NamedLevel, 10> levels = {{{"all", 0},
                                                {"trace", 10},
                                                {"debug", 20},
                                                {"success", 27},
                                                {"progress", 28},
                                                {"log", 29},
                                                {"info", 30},
                                                {"warn", 40},
                                                {"error", 50},
                                                {"fatal", 60}}};

}  // namespace

std::optional<int> log_level(std::string_view name) {
    auto const found = std::find_if(levels.begin(), levels.end(),
                                    [&](NamedLevel const& each) { return each.name == name; });
    return found == levels.end() ? std::nullopt : std::optional(found->level);
}

std::optional<int> log_level(socketio::Json const& level) {
    constexpr std::int64_t highest = 1000;
    if (auto const* name = level.string()) {
        return log_level(std::string_view(*name));
    }
    auto const number = level.integer();
    return number ? std::optional(static_cast<int>(std::clamp<std::int64_t>(*number, 0, highest)))
                  : std::nullopt;
}

std::vector<std::string> log_level_names() {
    std::vector<std::string> names;
    for (auto const& each : levels) {
        names.emplace_back(each.name);
    }
    return names;
}

void LogBook::add(LogLine line) {
    lines_.push_back(std::move(line));
    if (lines_.size() > max_lines) {
        lines_.pop_front();
    }
}

std::vector<LogLine> LogBook::list(LogFilter const& filter, std::size_t limit) const {
    std::vector<LogLine> found;
    for (auto line = lines_.rbegin(); line != lines_.rend() && found.size() < limit; ++line) {
        if (filter.passes(*line)) {
            found.push_back(*line);
        }
    }
    std::reverse(found.begin(), found.end());
    return found;
}

void LogBook::unlisten(LogFilter const& filter) {
    auto const known = filters_.find(filter);
    if (known != filters_.end() && --known->second == 0) {
        filters_.erase(known);
    }
}

std::vector<std::string> LogBook::rooms_for(LogLine const& line) const {
    std::vector<std::string> rooms;
    for (auto const& [filter, listeners] : filters_) {
        if (filter.passes(line)) {
            rooms.push_back(filter.room());
        }
    }
    return rooms;
}

}  // namespace apps::eliza
