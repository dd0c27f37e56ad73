#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace apps::eliza {

/// One agent's side of one room: what it has heard there so far. Owned by the room.
class Conversation {
public:
    virtual ~Conversation() = default;

    /// The answer to one line, plain text; empty means the agent stays silent. Runs under the
    /// world's lock on a shard thread, so it must take microseconds; an agent that has to wait for
    /// something answers empty and speaks later on its own.
    virtual std::string answer(std::string_view text) = 0;
};

/// Somebody the server brings along, who can take part in rooms. Owned by the world; the id and
/// the texts stay the same for the whole life of the server.
class Agent {
public:
    virtual ~Agent() = default;
    virtual std::string const& id() const = 0;  ///< a UUID, stable over restarts
    virtual std::string const& name() const = 0;
    virtual std::string const& bio() const = 0;  ///< one line
    virtual std::unique_ptr<Conversation> begin() const = 0;
};

}  // namespace apps::eliza
