#pragma once

#include "apps/common/rate_limit.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace apps::eliza {

/// Who may use the server at all.
struct Access {
    std::string api_key;        ///< empty: everybody; else sockets and REST must give it
    bool needs_entity = false;  ///< sockets must say who they are

    /// Joins, messages and questions of one connection; a count of 0: no limit.
    common::Rate rate = {500, std::chrono::seconds(10)};

    /// Takes as long for every wrong key of the same length.
    bool is_key(std::string_view given) const {
        if (given.size() != api_key.size()) {
            return api_key.empty();
        }
        unsigned difference = 0;
        for (std::size_t i = 0; i < given.size(); ++i) {
            difference |=
                static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(api_key[i]);
        }
        return difference == 0;
    }
};

}  // namespace apps::eliza
