#pragma once

#include "apps/common/clipped.hpp"
#include "apps/eliza/model.hpp"

#include <string>
#include <string_view>

namespace apps::eliza {

/// The value goes back to the caller; a short piece of it is enough to find the mistake.
inline Refusal no_uuid(std::string const& field, std::string const& value) {
    return {field + " must be a UUID", field, common::clipped(value, 64)};
}

inline Refusal no_access(std::string const& what) {
    return {"Access denied: You don't have permission to " + what, "channelId", "", 403};
}

inline Refusal not_found(std::string const& what) {
    return {what + " not found", "id", "", 404};
}

inline Refusal no_place(std::string const& what) {
    return {"The server has no place for another " + what, "channelId", "", 409};
}

inline Refusal no_server(std::string const& id) {
    return {"Server " + common::clipped(id, 64) + " does not exist", "serverId",
            common::clipped(id, 64), 404};
}

}  // namespace apps::eliza
