#pragma once

#include "socketio/json.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apps::eliza {

/// A line of the live log. Never holds message texts or secrets.
struct LogLine {
    int level = 30;  ///< pino's numbers: 30 is info
    std::int64_t time = 0;
    std::string message;
    std::string agent_id;
    std::string agent_name;
    std::string channel_id;
};

/// What a listener wants to hear: lines of this level and above, of this agent.
struct LogFilter {
    int level = 0;
    std::string agent = "all";

    bool passes(LogLine const& line) const {
        return line.level >= level && (agent == "all" || agent == line.agent_name);
    }
    /// The room of its listeners.
    std::string room() const { return "logs:" + std::to_string(level) + ":" + agent; }
    friend auto operator<=>(LogFilter const&, LogFilter const&) = default;
};

/// The level's number; "all" is 0. Nothing if there is no such name.
std::optional<int> log_level(std::string_view name);
/// A number or a name, as clients send it.
std::optional<int> log_level(socketio::Json const& level);
/// "all", then from "trace" to "fatal".
std::vector<std::string> log_level_names();

/// The last lines of the log, and what its live listeners want. Owned by the Lounge behind a lock.
class LogBook {
public:
    static constexpr std::size_t max_lines = 1000;

    void add(LogLine line);
    void clear() { lines_.clear(); }
    std::size_t size() const { return lines_.size(); }
    /// The latest `limit` lines that pass, oldest first.
    std::vector<LogLine> list(LogFilter const& filter, std::size_t limit) const;

    void listen(LogFilter const& filter) { ++filters_[filter]; }
    void unlisten(LogFilter const& filter);
    /// The rooms of the listeners who want to hear the line.
    std::vector<std::string> rooms_for(LogLine const& line) const;

private:
    std::deque<LogLine> lines_;
    std::map<LogFilter, std::size_t> filters_;  // with the number of listeners
};

}  // namespace apps::eliza
