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
    /// Whether it could speak at once.
    bool rested(TimePoint now) const;

private:
    std::optional<TimePoint> spoke_;
    std::uint64_t silent_ = 0;
};

/// One of them for each name. A name may be a stranger's (that of an event), so at most
/// limits::max_seldom_names are told apart at a time; further ones share one.
class SeldomNames {
public:
    std::optional<std::uint64_t> speaks(std::string_view name, Seldom::TimePoint now);
    /// Names told apart.
    std::size_t size() const { return names_.size(); }

private:
    std::map<std::string, Seldom, std::less<>> names_;
    Seldom others_;
};

/// The limits that peers of a shard meet. Used by its shard only.
class LimitHits {
public:
    /// Writes the line if it is time. `who` met the limit; any text, also a peer's.
    void log(Seldom::TimePoint now, std::string_view limit, std::string_view who);

private:
    SeldomNames lines_;
};

/// The exceptions of the application's functions, of which a peer can cause any number, too. Used
/// by its shard only.
class HandlerErrors {
public:
    /// Writes the line if it is time: the function for `what` threw `error`, which may be empty.
    /// Both may hold a peer's text; of long ones the log gets the beginning.
    void log(Seldom::TimePoint now, std::string_view category, std::string_view what,
             std::string_view error);

private:
    SeldomNames lines_;
};

}  // namespace engineio::net
