#pragma once

#include "apps/common/clock.hpp"
#include "apps/common/uuid.hpp"
#include "apps/eliza/archive.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace apps::eliza {

/// What the operator decided.
struct Policy {
    /// Only participants see, enter and use a channel, and everybody speaks for themselves: who
    /// they are says the header X-Entity-Id, which the operator's proxy has to set or to overwrite,
    /// of a REST request or of the request a socket began with. Without a proxy that does, clients
    /// say it (the header, or auth.entityId of sockets): that hides channels from those who say who
    /// they are, but is no protection from those who lie.
    bool isolation = false;
    Limits limits = {};
    /// Whether somebody is connected to a channel; called on the store's thread. Empty: nobody.
    std::function<bool(std::string const& channel)> in_use = {};
    /// Hears on the store's thread of a channel that had to make place though somebody is connected
    /// to it. Empty: nobody.
    std::function<void(std::string const& channel)> gave_place = {};
};

/// Who enters a channel. `agent` names an agent to be brought along, if it is one of ours.
struct Entrance {
    std::string channel;
    std::string entity;  ///< may be empty: nobody in particular
    std::string name;
    std::string agent;
    std::string server = default_server_id;
    bool makes_channel = false;  ///< the seed's join: a room comes into being by it
    std::string self;            ///< who the connection is
    std::string maker = {};      ///< where it comes from, see Channel
};

/// What somebody says. Unknown channels come into being by it.
struct Statement {
    std::string channel;
    std::string server = default_server_id;
    std::string sender;
    std::string name;
    std::string text;
    std::string client_id;  ///< the client's own id of it; said again with the same it is kept once
    std::string source;
    std::optional<ChannelType> type;  ///< what the client says the channel is
    std::string target;               ///< the other one of a direct channel
    std::string in_reply_to;
    socketio::Json metadata;
    std::string self;
    std::string maker = {};
};

/// Who came in; the agent of the log line.
struct Entry {
    AgentState agent;
};

/// What follows from a statement.
struct Said {
    Message message;
    bool repeated = false;             ///< it had been said before: nobody hears it again
    std::vector<AgentState> audience;  ///< agents that shall answer
    std::vector<Message> history;      ///< what was said before, oldest first; if there are any
    ChannelType type = ChannelType::group;
    AgentState agent;  ///< of the log line
};

struct NewChannel {
    std::string id;  ///< empty: a fresh one
    std::string server = default_server_id;
    std::string name;
    ChannelType type = ChannelType::group;
    std::vector<std::string> participants;
    socketio::Json metadata;
    std::string maker = {};
};

struct ChannelChange {
    std::optional<std::string> name;
    std::optional<std::vector<std::string>> participants;
    std::optional<socketio::Json> metadata;
};

struct ChangedChannel {
    Channel channel;
    std::vector<std::string> removed;  ///< who were participants and are none any more
};

/// The part of a channel's messages someone asks for.
struct PageRequest {
    std::optional<std::int64_t> limit;
    std::optional<std::int64_t> before;
    std::optional<std::int64_t> after;
};

/// The rules of a place where people and agents talk: servers, channels, who is in them, what was
/// said. Knows no socket. An object lives as long as one job of the store: its state is the
/// archive. `viewer` is the entity that asks; it matters with isolation only.
class Eliza {
public:
    Eliza(store::Database& database, common::Clock const& clock, common::IdSource const& ids,
          Policy const& policy)
        : archive_(database), clock_(clock), ids_(ids), policy_(policy) {}

    /// At the start: the default server, and the program's agents in it.
    void begin(std::vector<AgentState> const& agents);

    /// Deletes a piece of what was removed or is too much; false when there is no more. To be
    /// called again and again after the start, and when this object has_leftovers().
    bool sweep();
    bool has_leftovers() const { return has_leftovers_; }
    /// Channels that had to make place though somebody is connected to them.
    std::vector<std::string> const& gave_place() const { return gave_place_; }

    // What is said and heard.
    Outcome<Entry> join(Entrance const& entrance);
    Outcome<Said> say(Statement statement);
    /// Keeps an agent's answer, unless its channel has gone or there is no room for it.
    std::optional<Message> answered(Message answer);
    /// Keeps what an agent outside says, or one of ours says by way of REST.
    Outcome<Message> submit(Message message, std::string const& viewer);
    /// Of one channel or of the latest. An unknown one gives a world with agents only.
    Outcome<World> world(std::optional<std::string> const& channel, std::string const& viewer);

    // Servers and agents.
    std::vector<Server> servers() { return archive_.servers(answer_budget()); }
    Outcome<Server> make_server(std::string const& name, std::string const& source_type,
                                socketio::Json const& metadata);
    Outcome<Server> remove_server(std::string const& id);
    std::vector<AgentState> agents() { return archive_.agents(); }
    Outcome<AgentState> agent(std::string const& id);
    Outcome<AgentState> set_active(std::string const& id, bool active);
    Outcome<std::vector<std::string>> agents_of_server(std::string const& server);
    Outcome<Server> set_server_agent(std::string const& server, std::string const& agent,
                                     bool present);
    std::vector<std::string> servers_of_agent(std::string const& agent) {
        return archive_.servers_of_agent(agent);
    }

    // Channels.
    Outcome<std::vector<Channel>> channels(std::string const& server, std::string const& viewer);
    Outcome<Channel> make_channel(NewChannel channel, std::string const& viewer);
    /// The direct channel of two, if there is one.
    Outcome<std::optional<Channel>> find_dm(std::string const& user, std::string const& target,
                                            std::string const& viewer);
    /// The same, made if there is none.
    Outcome<Channel> dm_channel(std::string const& server, std::string const& user,
                                std::string const& target, std::string const& viewer,
                                std::string const& maker = {});
    Outcome<Channel> channel(std::string const& id, std::string const& viewer);
    Outcome<ChangedChannel> change_channel(std::string const& id, ChannelChange const& change,
                                           std::string const& viewer);
    Outcome<Channel> remove_channel(std::string const& id, std::string const& viewer);
    Outcome<std::vector<std::string>> participants(std::string const& id,
                                                   std::string const& viewer);
    Outcome<Channel> set_channel_agent(std::string const& id, std::string const& agent,
                                       bool present, std::string const& viewer);
    /// A short title from the first thing a person said there.
    Outcome<std::string> title(std::string const& id, std::string const& viewer);

    // Messages.
    Outcome<std::vector<Message>> messages(std::string const& channel, PageRequest const& page,
                                           std::string const& viewer);
    Outcome<Message> message(std::string const& id, std::string const& viewer);
    Outcome<Message> remove_message(std::string const& channel, std::string const& id,
                                    std::string const& viewer);
    Outcome<int> clear(std::string const& channel, std::string const& viewer);
    Outcome<Server> known_server(std::string const& id);

private:
    std::optional<Refusal> check(Statement const& statement);
    Outcome<Channel> channel_of(Statement const& statement);
    void include(Channel const& channel, std::string const& entity);
    void name_participant(Channel const& channel, std::string const& entity,
                          std::string const& name);
    bool make_place();
    bool give_up(std::string const& channel);
    std::int64_t time_in(std::string const& channel);
    bool make_room(std::size_t bytes);
    bool admits(std::string const& channel, std::string const& viewer);
    std::vector<AgentState> audience_of(Channel const& channel, Statement const& statement);
    AgentState agent_for_log(std::vector<std::string> const& candidates);
    Budget answer_budget() const { return Budget(policy_.limits.answer_bytes); }
    std::vector<Message> history_of(std::string const& channel);
    bool describe(Channel const& channel, World& world, Budget& budget, Budget& people,
                  std::size_t share);

    Archive archive_;
    common::Clock const& clock_;
    common::IdSource const& ids_;
    Policy const& policy_;
    bool has_leftovers_ = false;
    std::vector<std::string> gave_place_;
};

}  // namespace apps::eliza
