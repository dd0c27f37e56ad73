#pragma once

#include "apps/common/rate_limit.hpp"
#include "apps/eliza/log_book.hpp"
#include "apps/eliza/presence.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace apps::eliza {

/// What the server knows of one connection; in the socket's data, on its shard.
struct Visitor {
    std::string entity;      ///< a UUID, given by the client or made up
    std::string maker = {};  ///< where it comes from, see Channel
    bool seed = false;       ///< speaks the seed's events, hears `error` and `logEntry`
    /// Has a copy for each of its questions for the world that has no answer yet.
    std::shared_ptr<void const> world_asked = {};
    std::optional<LogFilter> filter;                 ///< has subscribed to the live log
    std::optional<common::TokenBucket> bucket = {};  ///< what is left of its rate
    std::vector<Presence::StayPtr> stays = {};       ///< in the channels it has joined
};

/// The sockets of one entity; with isolation only, for taking them out of a channel.
inline std::string entity_room(std::string const& id) {
    return "entity:" + id;
}

inline std::string channel_room(std::string const& id) {
    return "channel:" + id;
}

}  // namespace apps::eliza
