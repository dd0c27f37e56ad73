#pragma once

#include "apps/eliza/model.hpp"

#include <memory>
#include <string>
#include <vector>

namespace apps::eliza {

/// What an agent is asked: the message, and what was said in the channel before, oldest first.
struct Prompt {
    Message message;
    std::vector<Message> history;
};

struct AgentReply {
    std::string text;  ///< plain text; empty: the agent stays silent
    std::string thought = {};
    std::vector<std::string> actions = {"REPLY"};
};

/// An agent's turn to speak in one channel. Any thread. Exactly one of finish and fail counts;
/// dropping the turn without either is a failure.
class Turn {
public:
    virtual ~Turn() = default;
    /// A piece of the reply, whole UTF-8 characters, while the rest is still being made.
    virtual void chunk(std::string text) = 0;
    virtual void finish(AgentReply reply) = 0;
    /// In words for the people in the channel: no addresses, no secrets.
    virtual void fail(std::string error) = 0;
};

/// Somebody the server brings along, who can take part in channels. Owned by the system; id and
/// texts stay the same for the whole life of the server. Called on all shards at once.
class Agent {
public:
    virtual ~Agent() = default;
    virtual std::string const& id() const = 0;  ///< a UUID, stable over restarts
    virtual std::string const& name() const = 0;
    virtual std::string const& bio() const = 0;  ///< one line
    /// Answers at once or later. Runs on a shard's thread: microseconds, and never a wait.
    virtual void answer(Prompt prompt, std::shared_ptr<Turn> turn) = 0;
};

}  // namespace apps::eliza
