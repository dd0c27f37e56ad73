#pragma once

#include "engineio/net/tls_options.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace engineio::net {

/// Where a listener waits for connections, and whether they are encrypted.
struct Endpoint {
    /// An address or a name that resolves to one.
    std::string host = {};
    std::uint16_t port = 0;              ///< 0: any free port
    std::optional<TlsOptions> tls = {};  ///< empty: plain HTTP
};

}  // namespace engineio::net
