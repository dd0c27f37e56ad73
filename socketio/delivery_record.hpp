#pragma once

#include "socketio/recovery_state.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

namespace socketio {

/// A set of positions in a recovery log: all up to `low`, and some beyond.
struct LogPositions {
    std::uint64_t low = 0;
    std::vector<std::uint64_t> beyond;  // ascending

    bool contains(std::uint64_t position) const;
    /// Adds all up to `position`.
    void raise(std::uint64_t position);
};

/// In which order one shard has delivered the events of a recovery log. Shards that broadcast at
/// the same time deliver their own event first, so a client that names the last event it has heard
/// has not always heard all earlier ones of the log, and nothing later. Only deviations from the
/// log's order are kept, hence nothing at all while nobody races. Owned by Recovery, which has the
/// lock. Pure.
class DeliveryRecord {
public:
    using Deviation = RecoveryState::Deviation;

    DeliveryRecord() = default;
    /// One of another process, which delivers nothing any more.
    explicit DeliveryRecord(std::vector<Deviation> const& deviations)
        : deviations_(deviations.begin(), deviations.end()) {}
    std::vector<Deviation> deviations() const { return {deviations_.begin(), deviations_.end()}; }

    /// The shard delivers the event at `position` now; `previous` is the one before it that
    /// concerns this shard. False if that deviates from the log's order: to be remembered. That
    /// shard only, without the lock.
    bool advance(std::uint64_t position, std::uint64_t previous);
    /// That shard only, with the lock.
    void remember(std::uint64_t position, std::uint64_t log_begin);
    /// What lies before `log_begin` is needed no more. With the lock.
    void forget(std::uint64_t log_begin);
    /// What the shard had delivered when it delivered `position`, that included. With the lock.
    LogPositions at(std::uint64_t position) const;

    /// The latest event that the log has forgotten before the shard had delivered it; 0: none.
    /// Sockets that it was for have missed it for good. With the lock.
    std::uint64_t lost() const { return lost_; }

private:
    void catch_up();
    void skip_lost(std::uint64_t log_begin);

    std::uint64_t low_ = 0;                          // delivered without gaps
    std::map<std::uint64_t, std::uint64_t> beyond_;  // delivered too early, by their `previous`
    std::deque<Deviation> deviations_;               // in order of delivery
    std::uint64_t lost_ = 0;
};

}  // namespace socketio
