#pragma once

#include "engineio/net/rate_limit.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

namespace engineio {

// How often sessions may begin, on all shards together and for each client address
// (net::address_group). Asked once for each session, and only if one of the two rates is limited.
class HandshakeRates {
public:
    // Come back later.
    struct Refusal {
        std::string_view limit;  // the name of the option
        std::chrono::seconds retry_after;
    };

    HandshakeRates(net::Rate const& all, net::Rate const& of_address);

    // Any thread; `now` is the caller's, a little behind or ahead of other shards' does not matter.
    std::optional<Refusal> refuses(std::string_view address, net::TokenBucket::TimePoint now);

private:
    net::Rate const all_rate_;
    std::mutex mutex_;  // guards the two below
    net::TokenBucket all_;
    std::unique_ptr<net::RateLimiter> of_address_;  // null: not limited
};

}  // namespace engineio
