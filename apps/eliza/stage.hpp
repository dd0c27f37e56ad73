#pragma once

#include "apps/eliza/agent.hpp"
#include "apps/eliza/desk.hpp"
#include "apps/eliza/journal.hpp"
#include "socketio/socketio.hpp"

#include <memory>
#include <string>
#include <vector>

namespace apps::eliza {

/// Tells channels what happens in them, whether it came by socket or by REST, and lets the agents
/// speak. Owned by the system, outlives the server; calls on any shard, unless said otherwise.
class Stage {
public:
    Stage(socketio::Namespace& nsp, Desk& desk, Journal& journal,
          std::vector<std::unique_ptr<Agent>> agents);

    /// What the program's agents are, for Desk::begin.
    std::vector<AgentState> profiles() const;

    /// Everybody in the channel hears it; the agents concerned begin to answer; `messageComplete`
    /// follows when all of them are done. `speaker`, if any, gets its own form and an ack.
    void announce(Said said, socketio::Socket* speaker);
    /// A message that nobody answers.
    void tell(Message const& message);
    void complete(std::string const& channel, std::string const& server);
    void message_deleted(std::string const& channel, std::string const& message);
    void channel_cleared(std::string const& channel);
    /// With isolation: who takes part no longer hears no more of it.
    void dismiss(std::string const& channel, std::vector<std::string> const& entities);
    void channel_updated(Channel const& channel, socketio::Json const& updates);
    void channel_deleted(std::string const& channel);

private:
    friend class AgentTurn;

    /// The turns that follow one message; on the shard where it was said.
    struct Round {
        std::string channel;
        std::string server;
        std::string question;  ///< id of the message
        bool direct = false;
        std::size_t remaining = 0;
    };
    using RoundPtr = std::shared_ptr<Round>;

    void begin_turns(Said said);
    socketio::Task<void> conclude(RoundPtr round, AgentState agent, std::string id,
                                  AgentReply reply);
    void fail(RoundPtr const& round, AgentState const& agent, std::string const& id,
              std::string const& error, std::string const& partial);
    void end_turn(RoundPtr const& round);
    void control(Round const& round, char const* action);
    Agent* find(std::string const& id) const;

    socketio::Namespace& nsp_;
    Desk& desk_;
    Journal& journal_;
    std::vector<std::unique_ptr<Agent>> agents_;
};

}  // namespace apps::eliza
