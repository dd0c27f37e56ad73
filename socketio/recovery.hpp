#pragma once

#include "socketio/json.hpp"
#include "socketio/packet.hpp"
#include "socketio/selection.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace socketio {

/// Most packets, their bytes, and saved sessions of one namespace; beyond, the oldest are dropped,
/// so a client that was away longer connects anew.
inline constexpr std::size_t max_recovery_log_packets = 65'536;
inline constexpr std::size_t max_recovery_log_bytes = 64 * 1024 * 1024;
inline constexpr std::size_t max_recovery_sessions = 65'536;

/// What survives of a socket whose connection broke.
struct SavedSession {
    std::string sid;
    std::string pid;
    std::vector<std::string> rooms;  // without the own id
    Json data;
};

/// Connection state recovery of one namespace (reference-behaviour 5.9): the log of recent events
/// and the saved sessions. Shared by all shards, hence the only lock on the sending path, and only
/// when the option is on. Pure: time is an argument.
class Recovery {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    struct Entry {
        std::string offset;
        TimePoint time;
        Selection selection;
        std::shared_ptr<EncodedPacket const> packet;
    };
    struct Logged {
        std::shared_ptr<EncodedPacket const> packet;
        std::uint64_t position;
    };
    struct Restored {
        SavedSession session;
        std::vector<std::shared_ptr<EncodedPacket const>> missed;
        std::uint64_t position;  // broadcasts up to here are in `missed` or were received
    };

    explicit Recovery(std::chrono::milliseconds max_disconnection_duration)
        : max_age_(max_disconnection_duration) {}

    /// Gives the event an offset, has it encoded with it, and remembers it. The order of offsets
    /// is the order of the log.
    Logged append(TimePoint now, Selection selection,
                  std::function<EncodedPacket(std::string_view offset)> const& encode);
    void save(TimePoint now, SavedSession session);
    std::optional<Restored> restore(TimePoint now, std::string_view pid, std::string_view offset);

    std::size_t log_size() const;
    std::size_t session_count() const;

private:
    struct Saved {
        SavedSession session;
        TimePoint time;
        std::uint64_t order;
    };

    std::string next_offset();
    void drop_oldest();
    void forget_old(TimePoint now);

    std::chrono::milliseconds const max_age_;
    mutable std::mutex mutex_;  // guards everything below
    std::deque<Entry> log_;
    std::size_t log_bytes_ = 0;                                        // of its packets
    std::uint64_t first_position_ = 1;                                 // of log_.front()
    std::unordered_map<std::string, Saved> sessions_;                  // by pid
    std::deque<std::pair<std::uint64_t, std::string>> session_order_;  // oldest first
    std::uint64_t next_order_ = 0;
    std::uint64_t last_stamp_ = 0;  // ms of the wall clock
    std::uint64_t repeats_ = 0;
};

}  // namespace socketio
