#pragma once

#include "apps/auth/digest.hpp"
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

    bool is_key(std::string_view given) const {
        return api_key.empty() || auth::equal_in_constant_time(given, api_key);
    }
};

}  // namespace apps::eliza
