#pragma once

#include "engineio/limits.hpp"
#include "socketio/delivery_record.hpp"
#include "socketio/json.hpp"
#include "socketio/packet.hpp"
#include "socketio/recovery_budget.hpp"
#include "socketio/recovery_offset.hpp"
#include "socketio/recovery_state.hpp"
#include "socketio/selection.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace socketio {

/// What survives of a socket whose connection broke.
struct SavedSession {
    std::string sid;
    std::string pid;
    std::vector<std::string> rooms;  // without the own id
    Json data;
};

/// Connection state recovery of one namespace (reference-behaviour 5.9): the log of recent events
/// and the saved sessions. Shared by all shards, hence the lock on the sending path, and only when
/// the option is on. How much there may be is a matter of the whole server (RecoveryBudget);
/// beyond, and when they are too old, the oldest are forgotten, so a client that was away longer
/// connects anew. Pure: time is an argument.
///
/// Every event has a position in the log. A socket is sent live what comes after the position of
/// its CONNECT answer; before that answer it is sent what it missed. The client names the last
/// event it has, and what it has heard before that one is what its shard had delivered by then
/// (DeliveryRecord), which is not always all that the log holds before it.
class Recovery {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Encode = std::function<EncodedPacket(std::string_view offset)>;
    struct Bounds {
        TimePoint::duration max_age;
        /// A session with more is not saved.
        std::size_t max_session_bytes =
            engineio::limits::max_recovery_bytes / engineio::limits::recovery_session_share;
        /// A session whose client has missed more (weight()) is not brought back, nor one that was
        /// brought max_recovery_repeats times as much without naming a later event.
        std::size_t max_missed_bytes = engineio::limits::max_recovery_missed_bytes;
        /// The end of a connection is noticed after this time at the latest (heartbeat).
        TimePoint::duration late_end = std::chrono::seconds(45);
    };
    /// Hears each time that something was forgotten or refused because of that bound. Under the
    /// lock. False: it wants to be told later.
    using OnBound = std::function<bool(std::string_view name)>;
    /// Hears that something is kept and forget() is to be called at `due`. Under the lock.
    using OnKept = std::function<void(TimePoint due)>;
    /// In Logged::previous of shards that need not hear of the event.
    static constexpr std::uint64_t not_sent = ~std::uint64_t{0};

    struct Entry {
        RecoveryOffset offset;
        TimePoint time;
        Selection selection;
        std::shared_ptr<EncodedPacket const> packet;
    };
    /// A broadcast. The shards deliver it at any time, and then note() it.
    struct Logged {
        std::shared_ptr<EncodedPacket const> packet;
        std::uint64_t position = 0;
        std::vector<std::uint64_t> previous;  // per shard: the event to be delivered before
    };
    /// What a socket that comes back is to be sent before its CONNECT answer.
    struct Missed {
        std::vector<std::shared_ptr<EncodedPacket const>> packets;
        std::uint64_t position;  // later events are live ones
    };

    /// `family` names that of the namespace (RecoveryBudget).
    Recovery(Bounds bounds, unsigned shards, std::shared_ptr<RecoveryBudget> budget,
             void const* family, OnBound on_bound, OnKept on_kept)
        : bounds_(bounds), on_bound_(std::move(on_bound)), on_kept_(std::move(on_kept)),
          last_sent_(shards), delivered_(shards),
          account_(std::move(budget), family, [this](auto kind) { give_way(kind); }) {}

    /// Gives the event an offset, has it encoded with it, and remembers it. The order of offsets
    /// is the order of the log. `wanted(shard)`: somebody is there to hear it.
    Logged append(TimePoint now, Selection selection, Encode const& encode,
                  std::function<bool(unsigned shard)> const& wanted);
    /// The same for an event to one socket, delivered on its shard within this call of it.
    std::shared_ptr<EncodedPacket const> append_unicast(TimePoint now, Selection selection,
                                                        Encode const& encode, unsigned shard);
    /// `shard` delivers a broadcast now. On that shard.
    void note(Logged const& event, unsigned shard);

    /// The end of the log: what a new socket need not hear. It must be in its namespace's list
    /// before, so that later events count it among their hearers.
    std::uint64_t position() const;
    /// `base` is the position() or Missed::position the socket began with.
    void save(TimePoint now, SavedSession session, unsigned shard, std::uint64_t base);
    /// The socket has left for good: what an earlier end of it has saved counts no more, and
    /// neither does what a connection of it saves whose end is noticed later.
    void revoke(TimePoint now, std::string const& pid, unsigned shard, std::uint64_t base);
    /// The session of that pid, if what its client has missed since `offset` is still known.
    std::optional<SavedSession> find(TimePoint now, std::string_view pid, std::string_view offset);
    /// The same once it is admitted on `shard`, in its namespace's list already.
    std::optional<Missed> resume(TimePoint now, std::string_view pid, std::string_view offset,
                                 unsigned shard);

    /// What outlives the server, when no socket is left, and the same brought back to a new
    /// Recovery of any number of shards. `wall` is the time of day at `now`.
    RecoveryState state(TimePoint now, std::chrono::system_clock::time_point wall) const;
    void restore(TimePoint now, std::chrono::system_clock::time_point wall, RecoveryState state);
    /// Forgets what is too old. When to be called again, if something is left; events and saved
    /// sessions that come meanwhile do the same, so this is for a server where nothing happens.
    std::optional<TimePoint> forget(TimePoint now);

    std::size_t log_size() const;
    std::size_t session_count() const;  // revoked ones, too, which are remembered as such

private:
    struct Saved;
    using Order = std::list<Saved*>;  // oldest first
    struct Saved {
        SavedSession session;
        TimePoint time;
        unsigned shard;          // where its socket is or was
        std::uint64_t base;      // what came later was sent to it live
        std::size_t bytes = 0;   // size_of() it
        bool live = false;       // resumed, and no end of that socket was heard of
        std::uint64_t last = 0;  // if it was resumed: what the client named as its last event then,
        LogPositions heard{};    // and what it had heard
        TimePoint resumed{};
        std::size_t resent = 0;  // weight() of what it was sent on its returns from that event on
        Order::iterator place{};
        // Only a place is left of it, so that no late end of an earlier connection saves it anew.
        bool hollow() const { return session.sid.empty(); }
    };
    static constexpr std::uint64_t no_later_base = ~std::uint64_t{0};
    // Holds the lock. At its end the budget hears of what is kept then, which may be too much.
    class Change {
    public:
        explicit Change(Recovery& recovery) : recovery_(recovery), lock_(recovery.mutex_) {}
        ~Change();
        Change(Change const&) = delete;
        Change& operator=(Change const&) = delete;

    private:
        Recovery& recovery_;
        std::unique_lock<std::mutex> lock_;
    };

    Entry& push(TimePoint now, Selection selection, Encode const& encode);
    std::uint64_t end() const { return first_position_ + log_.size() - 1; }
    std::uint64_t position_of(std::string_view offset) const;
    bool has_lost(Saved const& saved) const;
    std::optional<LogPositions> heard(Saved const& saved, std::string_view offset) const;
    static std::size_t weight(EncodedPacket const& packet);
    template <class F>
    std::optional<std::size_t> each_missed(Saved const& saved, LogPositions const& known,
                                           F&& take) const;
    bool may_resend(Saved const& saved, std::string_view offset, std::optional<std::size_t> missed);
    RecoveryOffset next_offset();
    static std::size_t size_of(Entry const& entry);
    static std::size_t size_of(SavedSession const& session);
    Entry& remember(Entry entry);
    static bool outlived(Saved const& saved, unsigned shard, std::uint64_t base);
    using Sessions = std::unordered_map<std::string, Saved>;  // by pid
    void weigh(Saved& saved);
    void put(Saved saved);
    void erase(Sessions::iterator saved);
    void close(Saved& saved, TimePoint now);
    void keep(TimePoint now);
    TimePoint all_old() const;
    void drop_oldest();
    void drop_oldest_session();
    void forget_old(TimePoint now);
    void hollow_out(Saved& saved, TimePoint now);
    void settle();
    void give_way(RecoveryBudget::Kind kind);
    void tell(std::string_view name, std::uint64_t& times);
    void tell_all();

    Bounds const bounds_;
    OnBound const on_bound_;
    OnKept const on_kept_;
    mutable std::mutex mutex_;  // guards everything below
    std::deque<Entry> log_;
    std::size_t log_bytes_ = 0;             // of its entries
    std::size_t log_room_ = 0;              // most entries since it was as large as they needed
    std::uint64_t first_position_ = 1;      // of log_.front()
    std::vector<std::uint64_t> last_sent_;  // per shard
    Sessions sessions_;
    Order order_;                    // of all of them
    std::size_t session_bytes_ = 0;  // of them
    TimePoint last_kept_{};          // the time of the latest that is kept
    bool watched_ = false;           // forget() is going to be called
    RecoveryOffset last_offset_;
    std::vector<DeliveryRecord> delivered_;  // per shard, then those of a process before
    // What was forgotten, but on_bound_ has not heard of it.
    std::uint64_t untold_packets_ = 0;
    std::uint64_t untold_bytes_ = 0;
    std::uint64_t untold_sessions_ = 0;
    std::uint64_t untold_missed_ = 0;
    RecoveryBudget::Account account_;  // the last, as others may ask it to give way until its end
};

}  // namespace socketio
