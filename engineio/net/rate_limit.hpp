#pragma once

#include "engineio/net/keyed_hash.hpp"

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace engineio::net {

/// How much somebody may do: `count` times in any `interval`, in one burst if they like.
struct Rate {
    double count = 0;                          ///< at least 1; as an option 0: no limit
    std::chrono::milliseconds interval{1000};  ///< positive

    /// Whether there is a limit at all.
    explicit operator bool() const { return count > 0; }
};

/// What one peer has left of its rate: a bucket that holds `count` tokens and refills evenly in
/// `interval`. Time is an argument, so that tests say what time it is. 16 bytes; not thread-safe.
class TokenBucket {
public:
    /// Of the monotonic clock: Shard::now().
    using TimePoint = std::chrono::steady_clock::time_point;

    /// Full at first.
    TokenBucket(Rate const& rate, TimePoint now) : tokens_(rate.count), refilled_(now) {}

    /// Takes `cost` tokens if there are as many. Time that goes backwards counts as standing.
    bool take(Rate const& rate, TimePoint now, double cost = 1);
    /// Whole tokens left at `now`.
    std::size_t left(Rate const& rate, TimePoint now) const;
    /// How long until `cost` tokens are there; zero if they are.
    std::chrono::milliseconds wait(Rate const& rate, TimePoint now, double cost = 1) const;

private:
    double tokens_at(Rate const& rate, TimePoint now) const;

    double tokens_;
    TimePoint refilled_;
};

/// One bucket for each key, such as an address or a user. Remembers at most `max_keys`: the one
/// that was not seen for longest is forgotten, and comes back with a full bucket. Not thread-safe.
class RateLimiter {
public:
    /// Nobody is known at first.
    explicit RateLimiter(Rate rate, std::size_t max_keys = 10'000);

    /// As of TokenBucket, for the bucket of `key`.
    bool take(std::string_view key, TokenBucket::TimePoint now, double cost = 1);
    /// Of a key never seen: everything.
    std::size_t left(std::string_view key, TokenBucket::TimePoint now) const;
    std::chrono::milliseconds wait(std::string_view key, TokenBucket::TimePoint now) const;

    /// The rate of each key.
    Rate const& rate() const { return rate_; }
    /// Keys remembered.
    std::size_t size() const { return order_.size(); }

private:
    struct Entry {
        std::string key;
        TokenBucket bucket;
    };

    Rate rate_;
    std::size_t max_keys_;
    std::list<Entry> order_;  // seen last: first
    std::unordered_map<std::string_view, std::list<Entry>::iterator, KeyedHash>
        entries_;  // keys: order_'s
};

}  // namespace engineio::net
