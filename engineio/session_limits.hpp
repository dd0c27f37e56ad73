#pragma once

#include "engineio/limits.hpp"
#include "engineio/net/rate_limit.hpp"

#include <cstddef>

namespace engineio {

namespace net {
struct WsOptions;
}

/// What a client may make us do and hold; README.md of this folder says what happens beyond. Rates
/// are unlimited by default. A plain value.
struct SessionLimits {
    /// Packets in one POST.
    std::size_t max_payload_packets = limits::max_payload_packets;
    /// Frames of one WebSocket message.
    std::size_t max_fragments = limits::max_ws_fragments;
    /// Packets of a client (with pings and pongs of the WebSocket), and their bytes: those that it
    /// sends, but of a compressed message as many as it inflates to. A burst of bytes must admit a
    /// message of max_http_buffer_size.
    net::Rate packet_rate = {};
    net::Rate byte_rate = {};
    /// Sessions that begin, on all shards together.
    net::Rate handshake_rate = {};
    /// The same of one client, by its address behind trusted proxies; IPv6 by its first 64 bits.
    /// Offices and mobile networks put thousands behind one address.
    net::Rate handshake_rate_per_address = {};
    /// Sessions there are, over whatever transport, on all shards together; one more is refused
    /// 503. Zero: no limit.
    std::size_t max_sessions = limits::max_sessions;
    /// The same of one client, whose address is that of handshake_rate_per_address; 429. Zero: no
    /// limit.
    std::size_t max_sessions_per_address = 0;
    /// Upgrades under way on one shard; zero: unlimited.
    std::size_t max_unfinished_upgrades = limits::max_unfinished_upgrades;
    /// Upgrade requests of other paths held by one shard (destroy_upgrade); the oldest goes first.
    std::size_t max_unclaimed_upgrades = limits::max_unclaimed_upgrades;
    /// Bytes a client has not taken yet, above which its volatile messages are dropped and it is
    /// not writable(). Zero as in Node: any. It is told of on_drain when all are gone.
    std::size_t high_water_bytes = 0;
    /// The same, above which its session ends. So it does above one message for each 64 bytes of
    /// this, as small ones weigh more than their bytes (limits::max_queued_messages).
    std::size_t max_buffered_bytes = limits::max_buffered_bytes;
};

/// Puts those that a WebSocket keeps by itself into its options.
void use_limits(SessionLimits const& limits, net::WsOptions& options);

}  // namespace engineio
