#include "engineio/net/allowed_hosts.hpp"

#include "engineio/net/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <stdexcept>

namespace engineio::net {

namespace {

// "example.org" of "example.org:80", "::1" of "[::1]:80"; empty if it is no such thing.
std::string_view name_of(std::string_view host) {
    bool const brackets = host.starts_with('[');
    auto const end = std::min(host.find(brackets ? ']' : ':'), host.size());
    auto rest = host.substr(end);
    if (brackets && !rest.empty()) {
        rest.remove_prefix(1);
    } else if (brackets) {
        return {};
    }
    bool const port = rest.starts_with(':') && rest.find_first_not_of("0123456789", 1) == rest.npos;
    return rest.empty() || port ? host.substr(0, end).substr(brackets ? 1 : 0) : std::string_view();
}

bool is_address(std::string const& name) {
    std::array<unsigned char, sizeof(in6_addr)> bytes;
    return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

}  // namespace

// Not with a scheme, a path or a port, which would never match.
bool AllowedHosts::is_entry(std::string_view text) {
    bool const name = text != "." && text.find_first_of("/: ,*[]@") == text.npos;
    return !text.empty() && (name || is_address(std::string(text)));
}

AllowedHosts::AllowedHosts(std::vector<std::string> const& entries) : any_(entries.empty()) {
    for (auto const& entry : entries) {
        auto name = to_lower(entry);
        if (name == "addresses") {
            addresses_ = true;
        } else if (!is_entry(name)) {
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
    auto const name = to_lower(name_of(host));
    return std::find(names_.begin(), names_.end(), name) != names_.end() ||
           std::any_of(domains_.begin(), domains_.end(),
                       [&](std::string const& domain) {
                           return name.ends_with(domain) || name == domain.substr(1);
                       }) ||
           (addresses_ && is_address(name));
}

}  // namespace engineio::net
