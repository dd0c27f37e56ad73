#include "engineio/net/rate_limit.hpp"

#include "engineio/net/result.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace engineio::net {

using Milliseconds = std::chrono::duration<double, std::milli>;

double TokenBucket::tokens_at(Rate const& rate, TimePoint now) const {
    auto const passed = std::max(Milliseconds(now - refilled_), Milliseconds::zero());
    return std::min(rate.count, tokens_ + rate.count * (passed / Milliseconds(rate.interval)));
}

bool TokenBucket::take(Rate const& rate, TimePoint now, double cost) {
    auto const tokens = tokens_at(rate, now);
    if (tokens < cost) {
        return false;  // and keeps the old time: refilling in many small steps would add up errors
    }
    tokens_ = tokens - cost;
    refilled_ = std::max(refilled_, now);
    return true;
}

std::size_t TokenBucket::left(Rate const& rate, TimePoint now) const {
    return static_cast<std::size_t>(tokens_at(rate, now));
}

std::chrono::milliseconds TokenBucket::wait(Rate const& rate, TimePoint now, double cost) const {
    auto const missing = cost - tokens_at(rate, now);
    if (missing <= 0) {
        return std::chrono::milliseconds(0);
    }
    auto const interval = static_cast<double>(rate.interval.count());
    constexpr double rounding = 1e-6;  // a sum of thirds is no millisecond more
    auto const wait = std::ceil(missing / rate.count * interval - rounding);
    constexpr auto longest = std::chrono::milliseconds::max();
    // No integer beyond that can be made of it.
    return wait < static_cast<double>(longest.count())
               ? std::chrono::milliseconds(static_cast<std::int64_t>(wait))
               : longest;
}

RateLimiter::RateLimiter(Rate rate, std::size_t max_keys) : rate_(rate), max_keys_(max_keys) {
    SIO_ASSERT(rate.count >= 1 && rate.interval.count() > 0 && max_keys > 0);
}

bool RateLimiter::take(std::string_view key, TokenBucket::TimePoint now, double cost) {
    if (auto const found = entries_.find(key); found != entries_.end()) {
        order_.splice(order_.begin(), order_, found->second);
    } else {
        if (order_.size() == max_keys_) {
            entries_.erase(order_.back().key);
            order_.pop_back();
        }
        order_.push_front({std::string(key), TokenBucket(rate_, now)});
        entries_.emplace(order_.front().key, order_.begin());
    }
    return order_.front().bucket.take(rate_, now, cost);
}

std::size_t RateLimiter::left(std::string_view key, TokenBucket::TimePoint now) const {
    auto const found = entries_.find(key);
    return found == entries_.end() ? static_cast<std::size_t>(rate_.count)
                                   : found->second->bucket.left(rate_, now);
}

std::chrono::milliseconds RateLimiter::wait(std::string_view key,
                                            TokenBucket::TimePoint now) const {
    auto const found = entries_.find(key);
    return found == entries_.end() ? std::chrono::milliseconds(0)
                                   : found->second->bucket.wait(rate_, now);
}

}  // namespace engineio::net
