#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace engineio::net {

// Throws std::invalid_argument naming the option, unless its value is `fine`; `what` says which
// values are.
inline void demand(bool fine, std::string_view option, std::string_view what) {
    if (!fine) {
        throw std::invalid_argument(std::string(option) + ": " + std::string(what));
    }
}

}  // namespace engineio::net
