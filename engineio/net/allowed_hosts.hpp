#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace engineio::net {

// Which hosts requests may be for (HttpOptions::allowed_hosts). Immutable, any thread.
class AllowedHosts {
public:
    // Whether it may be an entry.
    static bool is_entry(std::string_view text);
    // Throws std::invalid_argument naming the entry that is none.
    explicit AllowedHosts(std::vector<std::string> const& entries);

    // `host` is the field of that name, empty if there is none.
    bool admits(std::string_view host) const;

private:
    std::vector<std::string> names_;
    std::vector<std::string> domains_;  // each with its dot in front
    bool any_;
    bool addresses_ = false;
};

}  // namespace engineio::net
