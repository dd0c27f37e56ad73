#pragma once

#include "engineio/net/tls_options.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace engineio::net {

/// Where a listener waits for connections, and whether they are encrypted.
struct Endpoint {
    /// "127.0.0.1", "::1" or "[::1]", "0.0.0.0" (every IPv4 address), "::" (every address of both
    /// families), a host name (its first address that can be used), or "unix:/path" for a Unix
    /// socket, whose file is removed at the end; a stale one of a crashed process is replaced.
    /// Empty as in Node: "::", or "0.0.0.0" on a machine without IPv6.
    std::string host = {};
    std::uint16_t port = 0;              ///< 0: any free port; unused for Unix sockets
    std::optional<TlsOptions> tls = {};  ///< empty: plain HTTP
    bool ipv6_only = false;              ///< "::" leaves IPv4 to another listener
};

}  // namespace engineio::net
