#pragma once

#include "engineio/net/rate_limit.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace engineio::net {

// What one peer may still send. Made only for those whose rates are limited; asks no clock.
class PeerRates {
public:
    using TimePoint = TokenBucket::TimePoint;

    // Null without a limit.
    static std::unique_ptr<PeerRates> make(Rate const& packets, Rate const& bytes, TimePoint now) {
        return packets || bytes ? std::make_unique<PeerRates>(packets, bytes, now) : nullptr;
    }
    PeerRates(Rate const& packets, Rate const& bytes, TimePoint now)
        : packet_rate_(packets), byte_rate_(bytes), packets_(packets, now), bytes_(bytes, now) {}

    // False: it is one too many.
    bool takes_packet(TimePoint now) { return !packet_rate_ || packets_.take(packet_rate_, now); }
    bool takes_bytes(TimePoint now, std::size_t count) {
        return !byte_rate_ || bytes_.take(byte_rate_, now, static_cast<double>(count));
    }

private:
    Rate packet_rate_;
    Rate byte_rate_;
    TokenBucket packets_;
    TokenBucket bytes_;
};

}  // namespace engineio::net
