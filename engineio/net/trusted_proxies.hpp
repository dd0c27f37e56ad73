#pragma once

#include "engineio/net/http.hpp"
#include "engineio/net/http_options.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engineio::net {

// Who the client behind our proxies is (HttpOptions::trust_proxy). Immutable, any thread.
class TrustedProxies {
public:
    // Throws std::invalid_argument naming the entry that is no address or network.
    explicit TrustedProxies(HttpOptions const& options);

    // Whether what the peer writes about its client is believed. `peer` as below.
    bool believes(std::string const& peer) const;

    // `peer` is the address at the other end of the connection, empty for a Unix socket.
    std::string client_address(std::string const& peer, Headers const& headers) const;

    // Whether the client came over TLS to the proxy that speaks for it: proto= of Forwarded's last
    // element that a proxy of ours vouches for, or else X-Forwarded-Proto's last value.
    bool client_secure(std::string const& peer, Headers const& headers) const;

private:
    // IPv6, or IPv4 as ::ffff:a.b.c.d.
    using Address = std::array<std::uint8_t, 16>;
    struct Network {
        Address address;
        unsigned bits;
    };

    static std::optional<Address> parse(std::string_view text);
    static std::optional<Network> parse_network(std::string_view text);
    static std::string text_of(Address const& address);
    bool trusts(Address const& address) const;
    std::string_view node_of(std::string_view element) const;
    bool forwarded_secure(std::string_view list) const;

    std::vector<Network> networks_;
    ForwardedHeader header_;
    bool trusts_unix_ = false;
};

}  // namespace engineio::net
