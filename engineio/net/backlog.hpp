#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

namespace engineio::net {

/// How many shards of a server are behind with what others have posted to them. Any thread.
struct Backlogs {
    std::atomic<unsigned> behind = 0;      ///< from limits::posted_high_water_bytes on
    std::atomic<unsigned> far_behind = 0;  ///< from limits::max_posted_bytes on
};

/// What others have posted to a shard and it has not done, in bytes, and what the other shards know
/// of that. What changes it needs its owner's lock.
class Backlog {
public:
    Backlog();
    Backlog(Backlog const&) = delete;
    Backlog& operator=(Backlog const&) = delete;

    /// With the other shards of a server. Null: they need not wait for this one any more.
    void share(std::shared_ptr<Backlogs> shared);
    void add(std::size_t bytes);
    void subtract(std::size_t bytes);

    bool behind() const { return high_.reached; }
    /// This shard's thread only, without the lock.
    bool others_behind() const;
    bool others_far_behind() const;

private:
    // Reached at so many bytes, until half of them are done: else it would be again at once.
    struct Mark {
        std::size_t bytes;
        std::atomic<bool> reached = false;

        void look(std::size_t waiting, std::atomic<unsigned>& shards);
        void leave(std::atomic<unsigned>& shards);
        bool reached_elsewhere(std::atomic<unsigned> const& shards) const;
    };

    void look();

    std::size_t waiting_ = 0;
    Mark high_;
    Mark most_;
    std::shared_ptr<Backlogs> shared_;
};

}  // namespace engineio::net
