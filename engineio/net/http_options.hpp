#pragma once

#include "engineio/limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace engineio::net {

/// Which header names the client that a proxy speaks for.
enum class ForwardedHeader : std::uint8_t {
    x_forwarded_for,  ///< X-Forwarded-For, what most proxies write
    forwarded,        ///< Forwarded (RFC 7239)
};

/// How a listener treats its peers: Node's names (http.createServer) and defaults, except for the
/// proxies, which Express knows as `trust proxy`.
struct HttpOptions {
    /// From the first byte of a request, or the accept, to the end of its headers; then 408.
    /// Zero here and in the next two: no limit.
    std::chrono::milliseconds headers_timeout = limits::header_timeout;
    /// From the first byte of a request to the end of its body, then 408; never cuts a long poll.
    std::chrono::milliseconds request_timeout = limits::request_timeout;
    /// Between two requests of a connection. Behind a proxy that keeps connections open, longer
    /// than the proxy's own.
    std::chrono::milliseconds keep_alive_timeout = limits::keep_alive_timeout;
    /// Proxies believed about whom they speak for: addresses or networks ("10.0.0.0/8", "fd00::/8",
    /// "192.0.2.7"), or "loopback", "linklocal", "uniquelocal" as in Express, or "unix" for the
    /// peers of Unix sockets. A request's remote address is then the last one in the header that is
    /// no proxy of ours, and it counts as secure if that came over TLS. Empty: nobody is believed.
    std::vector<std::string> trust_proxy = {};
    /// The one header that the proxies write; with the first, X-Forwarded-Proto beside it. Exactly
    /// one: they pass the other on as the client forged it.
    ForwardedHeader forwarded_header = ForwardedHeader::x_forwarded_for;
    /// Hosts that requests may be for, whatever the port: "example.org", ".example.org" for all
    /// below it, too, or "addresses" for any IP address. Others are answered 421 (RFC
    /// 9110 15.5.20), so that a page whose name was made to point to this machine (DNS rebinding)
    /// has no say here; those without a Host, which no browser sends, are not. Empty: any.
    std::vector<std::string> allowed_hosts = {};

    /// Bytes of a request line and its headers; more is answered 431 and the connection closes.
    std::size_t max_header_size = limits::max_header_bytes;
    /// Header fields of a request; those after them are ignored, but a request of a proxy that is
    /// believed is answered 431, as its word may be among them. Zero: as many as fit.
    std::size_t max_headers_count = limits::max_headers_count;
    /// Bytes of following requests held while one is being answered; then reading pauses. What was
    /// read until then is kept: at most a head, this, and one read (limits::read_buffer_bytes).
    std::size_t max_pipelined_bytes = limits::max_pipelined_bytes;
    /// Bytes of answers a peer has not taken yet, above which none of its further requests is read.
    std::size_t high_water_bytes = limits::high_water_bytes;

    /// Open connections of the listener; further ones are closed as soon as they are accepted.
    /// Zero here and in the next two: no limit.
    std::size_t max_connections = 0;
    /// The same for each peer address, an IPv6 address counting as its first 64 bits. The peer is
    /// whoever connects: behind a proxy, whose address is everybody's, this must stay off. Peers of
    /// Unix sockets have no address and are not counted.
    std::size_t max_connections_per_address = 0;
    /// Connections that have not sent a whole request head yet, their TLS handshakes included,
    /// divided evenly among the shards. One more cuts the oldest without a word: who sends slowly
    /// on many connections cannot keep out those who send at once. Fewer, too, when the process
    /// runs out of descriptors: then those older than limits::half_open_grace make room.
    std::size_t max_half_open_connections = limits::max_half_open_connections;
};

/// Throws std::invalid_argument, naming the option, for what could only be ignored or fail later.
void check_options(HttpOptions const& options);

}  // namespace engineio::net
