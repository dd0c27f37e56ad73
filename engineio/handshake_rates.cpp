#include "engineio/handshake_rates.hpp"

#include "engineio/limits.hpp"
#include "engineio/net/address_group.hpp"

#include <algorithm>

namespace engineio {

namespace {

std::chrono::seconds in_seconds(std::chrono::milliseconds wait) {
    return std::max(std::chrono::seconds(1), std::chrono::ceil<std::chrono::seconds>(wait));
}

}  // namespace

HandshakeRates::HandshakeRates(net::Rate const& all, net::Rate const& of_address)
    : all_rate_(all), all_(all, net::TokenBucket::TimePoint()),
      of_address_(of_address ? std::make_unique<net::RateLimiter>(of_address,
                                                                  limits::max_handshake_addresses)
                             : nullptr) {}

std::optional<HandshakeRates::Refusal> HandshakeRates::refuses(std::string_view address,
                                                               net::TokenBucket::TimePoint now) {
    auto const group = of_address_ ? net::address_group(address) : std::string();
    std::lock_guard const lock(mutex_);
    // The address first: one that asks too often takes nothing from the others.
    if (!group.empty() && !of_address_->take(group, now)) {
        return Refusal{"handshake_rate_per_address", in_seconds(of_address_->wait(group, now))};
    }
    if (all_rate_ && !all_.take(all_rate_, now)) {
        return Refusal{"handshake_rate", in_seconds(all_.wait(all_rate_, now))};
    }
    return std::nullopt;
}

}  // namespace engineio
