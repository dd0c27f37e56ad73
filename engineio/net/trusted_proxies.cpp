#include "engineio/net/trusted_proxies.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace engineio::net {

namespace {

constexpr unsigned mapped_bits = 96;  // of ::ffff:0:0/96, where IPv4 lives
constexpr std::size_t mapped_bytes = mapped_bits / 8;
constexpr std::uint8_t mapped_prefix[mapped_bytes] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::vector<std::string> expand(std::string const& entry) {
    if (entry == "loopback") {
        return {"127.0.0.0/8", "::1"};
    }
    if (entry == "linklocal") {
        return {"169.254.0.0/16", "fe80::/10"};
    }
    if (entry == "uniquelocal") {
        return {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"};
    }
    return {entry};
}

// "1.2.3.4:80" → "1.2.3.4", "[::1]:80" and "[::1]" → "::1".
std::string_view without_port(std::string_view node) {
    if (node.starts_with('[')) {
        return node.substr(1, node.find(']') - 1);
    }
    bool const one_colon = std::count(node.begin(), node.end(), ':') == 1;
    return one_colon ? node.substr(0, node.find(':')) : node;
}

std::string_view without_quotes(std::string_view text) {
    bool const quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    return quoted ? text.substr(1, text.size() - 2) : text;
}

// A value of one element of Forwarded, without its quotes.
std::string_view parameter(std::string_view element, std::string_view wanted) {
    while (element.data()) {
        auto pair = next_piece(element, ';');
        auto const name = trim(next_piece(pair, '='));
        if (iequals(name, wanted) && pair.data()) {
            return without_quotes(trim(pair));
        }
    }
    return {};
}

// Cuts the last element off the list. A comma divides even inside quotes: an open quote of the
// client's must not swallow what a proxy added.
std::string_view take_last(std::string_view& list) {
    auto const comma = list.rfind(',');
    auto const from = comma == std::string_view::npos ? 0 : comma + 1;
    auto const element = list.substr(from);
    list = list.substr(0, from == 0 ? 0 : comma);
    return trim(element);
}

std::string_view field_of(Headers const& headers, std::string_view name) {
    auto const* const field = find_header(headers, name);
    return field ? std::string_view(*field) : std::string_view();
}

}  // namespace

TrustedProxies::TrustedProxies(HttpOptions const& options) : header_(options.forwarded_header) {
    for (auto const& entry : options.trust_proxy) {
        if (entry == "unix") {
            trusts_unix_ = true;
            continue;
        }
        for (auto const& text : expand(entry)) {
            auto const network = parse_network(text);
            if (!network) {
                throw std::invalid_argument("trust_proxy: no address or network: " + entry);
            }
            networks_.push_back(*network);
        }
    }
}

std::optional<TrustedProxies::Address> TrustedProxies::parse(std::string_view text) {
    char terminated[INET6_ADDRSTRLEN] = "";
    if (text.size() >= sizeof terminated) {
        return {};
    }
    text.copy(terminated, text.size());
    Address address{};
    if (::inet_pton(AF_INET6, terminated, address.data()) == 1) {
        return address;
    }
    std::memcpy(address.data(), mapped_prefix, mapped_bytes);
    if (::inet_pton(AF_INET, terminated, address.data() + mapped_bytes) == 1) {
        return address;
    }
    return {};
}

std::optional<TrustedProxies::Network> TrustedProxies::parse_network(std::string_view text) {
    auto const slash = text.find('/');
    auto const host = text.substr(0, slash);
    auto const address = parse(host);
    if (!address) {
        return {};
    }
    unsigned const base = host.find(':') == std::string_view::npos ? mapped_bits : 0;
    unsigned bits = 128 - base;
    if (slash != std::string_view::npos) {
        auto const length = text.substr(slash + 1);
        auto const* const end = length.data() + length.size();
        unsigned wanted = 0;
        auto const [stopped, error] = std::from_chars(length.data(), end, wanted);
        if (error != std::errc() || stopped != end || wanted > bits) {
            return {};
        }
        bits = wanted;
    }
    return Network{*address, base + bits};
}

std::string TrustedProxies::text_of(Address const& address) {
    char text[INET6_ADDRSTRLEN] = "";
    bool const v4 = std::memcmp(address.data(), mapped_prefix, mapped_bytes) == 0;
    ::inet_ntop(v4 ? AF_INET : AF_INET6, address.data() + (v4 ? mapped_bytes : 0), text,
                sizeof text);
    return text;
}

bool TrustedProxies::trusts(Address const& address) const {
    return std::any_of(networks_.begin(), networks_.end(), [&](Network const& network) {
        auto const bytes = network.bits / 8;
        auto const rest = network.bits % 8;
        return std::equal(address.begin(), address.begin() + bytes, network.address.begin()) &&
               (rest == 0 || ((address[bytes] ^ network.address[bytes]) >> (8 - rest)) == 0);
    });
}

// The node of one element of the header, as far as it may be an address.
std::string_view TrustedProxies::node_of(std::string_view element) const {
    bool const standard = header_ == ForwardedHeader::forwarded;
    return without_port(standard ? parameter(element, "for") : element);
}

bool TrustedProxies::believes(std::string const& peer) const {
    if (networks_.empty() && !trusts_unix_) {
        return false;  // nobody, which is usual and asked with each request
    }
    auto const direct = parse(peer);
    return direct ? trusts(*direct) : trusts_unix_;
}

std::string TrustedProxies::client_address(std::string const& peer, Headers const& headers) const {
    if (!believes(peer)) {
        return peer;
    }
    bool const standard = header_ == ForwardedHeader::forwarded;
    auto list = field_of(headers, standard ? "forwarded" : "x-forwarded-for");
    std::string client = peer;
    // From the end, where our proxies write, to the first they do not vouch for.
    while (!list.empty()) {
        auto const address = parse(node_of(take_last(list)));
        if (!address) {
            break;  // "unknown", "_hidden", garbage: what stands before it is hearsay
        }
        client = text_of(*address);
        if (!trusts(*address)) {
            break;
        }
    }
    return client;
}

// The same way as for the address, but a client that is hidden may have come over TLS, too.
bool TrustedProxies::forwarded_secure(std::string_view list) const {
    bool secure = false;
    while (!list.empty()) {
        auto const element = take_last(list);
        secure = iequals(parameter(element, "proto"), "https");
        auto const address = parse(node_of(element));
        if (!address || !trusts(*address)) {
            break;
        }
    }
    return secure;
}

bool TrustedProxies::client_secure(std::string const& peer, Headers const& headers) const {
    if (!believes(peer)) {
        return false;
    }
    if (header_ == ForwardedHeader::forwarded) {
        return forwarded_secure(field_of(headers, "forwarded"));
    }
    auto list = field_of(headers, "x-forwarded-proto");
    return iequals(take_last(list), "https");
}

}  // namespace engineio::net
