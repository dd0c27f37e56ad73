#pragma once

#include "engineio/net/keyed_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace apps::fuse {

/// The message ids of late, to tell a message that a client sent again from a new one. Remembers
/// at most `max_ids` of all senders, each for `window` milliseconds. Not thread-safe.
class RecentIds {
public:
    static constexpr std::int64_t window = 5 * 60 * 1000;
    static constexpr std::size_t max_ids = 100'000;

    /// The time when the sender first used the id within the window; `now` if that is just now.
    /// An empty id is always new.
    std::int64_t first_seen(std::string_view sender, std::string_view id, std::int64_t now);
    /// Whether first_seen() would find it.
    bool knows(std::string_view sender, std::string_view id, std::int64_t now) const;

    std::size_t size() const { return seen_.size(); }

private:
    static std::string key_of(std::string_view sender, std::string_view id);
    void forget_old(std::int64_t now);

    std::list<std::pair<std::string, std::int64_t>> order_;  // oldest first
    std::unordered_map<std::string_view, std::int64_t, engineio::net::KeyedHash>
        seen_;  // keys: order_'s
};

}  // namespace apps::fuse
