#include "engineio/net/allowed_hosts.hpp"

#include "engineio/net/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <stdexcept>

namespace engineio::net {

namespace {

// "example.org" of "example.org:80", "::1" of "[::1]:80"; an address in brackets keeps them off.
std::string_view without_port(std::string_view host) {
    if (host.starts_with('[')) {
        return host.substr(1, host.find(']') - 1);
    }
    return host.substr(0, host.rfind(':'));
}

bool is_address(std::string const& name) {
    std::array<unsigned char, sizeof(in6_addr)> bytes;
    return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

// Not with a scheme, a path or a port, which would never match.
bool is_name(std::string_view entry) {
    return !entry.empty() && entry != "." && entry.find_first_of("/: ,*[]") == entry.npos;
}

}  // namespace

AllowedHosts::AllowedHosts(std::vector<std::string> const& entries) : any_(entries.empty()) {
    for (auto const& entry : entries) {
        auto name = to_lower(entry);
        if (name == "addresses") {
            addresses_ = true;
        } else if (is_address(name)) {
            names_.push_back(std::move(name));
        } else if (!is_name(name)) {
            throw std::invalid_argument("allowed_hosts: \"" + entry +
                                        "\" is no name of a host, without scheme and port");
        } else {
            (name.starts_with('.') ? domains_ : names_).push_back(std::move(name));
        }
    }
}

bool AllowedHosts::admits(std::string_view host) const {
    if (any_ || host.empty()) {
        return true;
    }
    auto const name = to_lower(without_port(host));
    return std::find(names_.begin(), names_.end(), name) != names_.end() ||
           std::any_of(domains_.begin(), domains_.end(),
                       [&](std::string const& domain) {
                           return name.ends_with(domain) || name == domain.substr(1);
                       }) ||
           (addresses_ && is_address(name));
}

}  // namespace engineio::net
