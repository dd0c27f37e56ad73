#pragma once

#include "engineio/limits.hpp"

#include <chrono>
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
    /// no proxy of ours. Empty: nobody is believed, the header is ignored.
    std::vector<std::string> trust_proxy = {};
    /// The one header that the proxies write. Exactly one: they pass the other on as the client
    /// forged it.
    ForwardedHeader forwarded_header = ForwardedHeader::x_forwarded_for;
};

}  // namespace engineio::net
