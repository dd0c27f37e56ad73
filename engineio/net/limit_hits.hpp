#pragma once

#include "engineio/limits.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace engineio::net {

/// Something that is worth a line in the log, but not each time: a peer decides how often it
/// happens.
class Seldom {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// Whether it is time to speak (again), at most once in limits::limit_log_interval: then how
    /// often it was silent since the last time.
    std::optional<std::uint64_t> speaks(TimePoint now);

private:
    std::optional<TimePoint> spoke_;
    std::uint64_t silent_ = 0;
};

/// One such line for each limit of a shard. Names are those of options, so the map stays small.
/// Used by its shard only.
class LimitHits {
public:
    /// Writes the line if it is time. `who` met the limit; any text, also a peer's.
    void log(Seldom::TimePoint now, std::string_view limit, std::string_view who);

private:
    std::map<std::string, Seldom, std::less<>> lines_;
};

}  // namespace engineio::net
