#include "apps/eliza/eliza.hpp"

#include "apps/common/clipped.hpp"
#include "apps/eliza/refusals.hpp"

#include <algorithm>
#include <utility>

namespace apps::eliza {

using socketio::Json;

namespace {

constexpr char auto_made[] = "auto";

bool contains(std::vector<std::string> const& list, std::string const& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

void Eliza::begin(std::vector<AgentState> const& agents) {
    auto const now = clock_();
    if (!archive_.server(default_server_id)) {
        archive_.put(
            Server{default_server_id, "Default Server", "eliza_default", Json::object(), now, now});
    }
    for (auto agent : agents) {
        agent.created_at = agent.updated_at = now;
        archive_.know(agent);
        archive_.add_to_server(default_server_id, agent.id);
    }
}

Outcome<Entry> Eliza::join(Entrance const& entrance) {
    for (auto const& [field, value] :
         {std::pair("roomId", &entrance.channel), std::pair("agentId", &entrance.agent),
          std::pair("userId", &entrance.entity)}) {
        bool const optional = value != &entrance.channel;
        if (!(optional && value->empty()) && !common::is_uuid(*value)) {
            return no_uuid(field, *value);
        }
    }
    auto channel = archive_.channel(entrance.channel);
    // Who waits in the room of a channel to come would hear it without being let in.
    if (policy_.isolation &&
        !(channel ? admits(channel->id, entrance.self) : entrance.makes_channel)) {
        return no_access("join this channel");
    }
    auto const ours = archive_.agent(entrance.agent);
    if (!channel && entrance.makes_channel) {
        auto made = make_channel({entrance.channel,
                                  entrance.server,
                                  "",
                                  ChannelType::group,
                                  {},
                                  Json::object(),
                                  entrance.maker},
                                 entrance.self);
        if (!made) {
            return made.error();
        }
        channel = *std::move(made);
    }
    // Seed clients give no user id; an agent id of somebody else's agent is then who they are.
    auto const& who = entrance.entity.empty() && !ours ? entrance.agent : entrance.entity;
    if (channel && channel->type == ChannelType::group && entrance.makes_channel) {
        if (!who.empty()) {
            include(*channel, who);
        }
        if (ours) {
            include(*channel, ours->id);
        }
    }
    if (channel && !entrance.name.empty()) {
        name_participant(*channel, who, entrance.name);
    }
    return Entry{agent_for_log({entrance.agent})};
}

Outcome<Said> Eliza::say(Statement statement) {
    if (auto refusal = check(statement)) {
        return *std::move(refusal);
    }
    auto metadata = socketio::RawJson::trusted(statement.metadata.dump());
    auto const bytes = message_bytes + statement.name.size() + statement.text.size() +
                       statement.source.size() + metadata.text().size();
    if (!make_room(bytes + participant_bytes)) {
        return no_place("message");
    }
    auto channel = channel_of(statement);
    if (!channel) {
        return channel.error();
    }
    Said said;
    said.type = channel->type;
    if (!statement.client_id.empty()) {
        auto before = archive_.sent_before(channel->id, statement.sender, statement.client_id);
        if (before) {
            said.message = *std::move(before);
            said.repeated = true;
            return said;
        }
    }
    auto const name = common::clipped(statement.name.empty() ? "User" : statement.name,
                                      policy_.limits.name_bytes);
    if (channel->type == ChannelType::group) {
        include(*channel, statement.sender);
    }
    name_participant(*channel, statement.sender, name);
    said.audience = audience_of(*channel, statement);
    if (!said.audience.empty()) {
        said.history = history_of(channel->id);
    }
    auto& message = said.message;
    message.id = ids_();
    message.channel_id = channel->id;
    message.server_id = channel->server_id;
    message.author_id = statement.sender;
    message.author_name = name;
    message.content = std::move(statement.text);
    message.source_type = common::clipped(
        statement.source.empty() ? "client_chat" : statement.source, policy_.limits.name_bytes);
    if (!statement.client_id.empty()) {
        message.client_id = common::clipped(statement.client_id, policy_.limits.name_bytes);
    }
    if (common::is_uuid(statement.in_reply_to)) {
        message.in_reply_to = statement.in_reply_to;
    }
    message.metadata = std::move(metadata);
    message.created_at = message.updated_at = time_in(channel->id);
    archive_.put(message);
    archive_.trim(channel->id, policy_.limits.messages_per_channel);
    said.agent = said.audience.empty() ? agent_for_log(archive_.participants(channel->id))
                                       : said.audience.front();
    return said;
}

std::optional<Refusal> Eliza::check(Statement const& statement) {
    if (!common::is_uuid(statement.channel)) {
        return no_uuid("roomId", statement.channel);
    }
    if (!common::is_uuid(statement.sender)) {
        return no_uuid("userId", statement.sender);
    }
    if (!archive_.server(statement.server)) {
        return no_server(statement.server);
    }
    bool const attached = statement.metadata["attachments"].size() > 0;
    if (statement.text.empty() && !attached) {
        return Refusal{"text is required", "text", ""};
    }
    if (statement.text.size() > policy_.limits.text_bytes) {
        return Refusal{"text is too long", "text", ""};
    }
    if (statement.metadata.dump().size() > policy_.limits.metadata_bytes) {
        return Refusal{"metadata is too long", "metadata", ""};
    }
    if (statement.client_id.size() > policy_.limits.name_bytes) {
        return Refusal{"messageId is too long", "messageId", ""};
    }
    // Who could speak for others would need no access of their own.
    if (policy_.isolation && statement.sender != statement.self) {
        return no_access("speak for somebody else");
    }
    return std::nullopt;
}

Outcome<Channel> Eliza::channel_of(Statement const& statement) {
    if (auto channel = archive_.channel(statement.channel)) {
        if (policy_.isolation && !admits(channel->id, statement.self)) {
            return no_access("send messages to this channel");
        }
        return *std::move(channel);
    }
    NewChannel fresh{statement.channel, statement.server, "", {}, {statement.sender}, {},
                     statement.maker};
    bool const dm = statement.type == ChannelType::dm;
    fresh.type = dm ? ChannelType::dm : ChannelType::group;
    if (dm && common::is_uuid(statement.target) && statement.target != statement.sender) {
        fresh.participants.push_back(statement.target);
    }
    fresh.metadata = Json::object();
    if (statement.type) {
        fresh.metadata.set("channelType", dm ? "DM" : "GROUP");
    }
    return make_channel(std::move(fresh), statement.self);
}

// In a direct channel the agents in it, or if there is none all of ours; in a group its members;
// and where somebody has just begun to speak into a room nobody made, all, as long as they are
// alone.
std::vector<AgentState> Eliza::audience_of(Channel const& channel, Statement const& statement) {
    auto const present = archive_.participants(channel.id);
    std::vector<AgentState> active;
    std::vector<AgentState> members;
    std::size_t agents = 0;
    for (auto& agent : archive_.agents()) {
        bool const member = contains(present, agent.id);
        agents += member ? 1 : 0;
        if (!agent.active || agent.id == statement.sender) {
            continue;
        }
        if (member) {
            members.push_back(agent);
        }
        active.push_back(std::move(agent));
    }
    bool const direct = channel.type == ChannelType::dm || statement.type == ChannelType::dm;
    bool const alone = channel.source_type == auto_made && present.size() - agents <= 1 &&
                       !channel.metadata.contains("channelType");
    return agents == 0 && (direct || alone) ? active : members;
}

// Later than all that was said there, also after the clock was set back: what is new would be shown
// among what is old, or be forgotten as the oldest, and pages go by the time.
std::int64_t Eliza::time_in(std::string const& channel) {
    return std::max(clock_(), archive_.last_said(channel) + 1);
}

std::optional<Message> Eliza::answered(Message answer) {
    auto const channel = archive_.channel(answer.channel_id);
    if (!channel) {
        return std::nullopt;
    }
    answer.server_id = channel->server_id;
    if (!make_room(message_bytes + answer.author_name.size() + answer.content.size() +
                   answer.source_type.size() + answer.metadata.text().size())) {
        return std::nullopt;
    }
    answer.created_at = answer.updated_at = time_in(answer.channel_id);
    archive_.put(answer);
    archive_.trim(answer.channel_id, policy_.limits.messages_per_channel);
    return answer;
}

Outcome<Message> Eliza::submit(Message message, std::string const& viewer) {
    auto const found = channel(message.channel_id, viewer);
    if (!found) {
        return found.error();
    }
    auto const& limits = policy_.limits;
    if (!common::is_uuid(message.author_id)) {
        return no_uuid("author_id", message.author_id);
    }
    if (policy_.isolation && message.author_id != viewer) {
        return no_access("speak for somebody else");
    }
    if (message.content.empty() || message.content.size() > limits.text_bytes ||
        message.metadata.text().size() > limits.metadata_bytes) {
        return Refusal{"content is required and must not be too long", "content", ""};
    }
    auto const agent = archive_.agent(message.author_id);
    message.author_name =
        agent ? agent->name : common::clipped(message.author_name, limits.name_bytes);
    message.source_type = common::clipped(message.source_type, limits.name_bytes);
    auto kept = answered(std::move(message));
    if (!kept) {
        return no_place("message");
    }
    return *std::move(kept);
}

// Oldest first.
std::vector<Message> Eliza::history_of(std::string const& channel) {
    auto budget = answer_budget();
    auto messages = archive_.page(channel, policy_.limits.history, {}, {}, budget);
    std::reverse(messages.begin(), messages.end());
    return messages;
}

Outcome<World> Eliza::world(std::optional<std::string> const& channel, std::string const& viewer) {
    constexpr std::size_t shares = 16;  // no channel takes the place of all others
    World world;
    world.agents = archive_.agents();
    auto budget = answer_budget();
    Budget people(policy_.limits.world_participants);
    if (!channel) {
        auto const whose = policy_.isolation ? std::optional(viewer) : std::nullopt;
        for (auto const& each : archive_.latest_channels(whose, policy_.limits.world_channels)) {
            if (!describe(each, world, budget, people, policy_.limits.answer_bytes / shares)) {
                break;
            }
        }
        return world;
    }
    if (!common::is_uuid(*channel)) {
        return no_uuid("roomId", *channel);
    }
    auto found = archive_.channel(*channel);
    if (found && policy_.isolation && !admits(found->id, viewer)) {
        return no_access("see this channel");
    }
    if (found) {
        found->metadata = Json::object();  // no part of a world
        describe(*found, world, budget, people, policy_.limits.answer_bytes);
    }
    return world;
}

// With at most `share` bytes of messages; false if not even the channel fits.
bool Eliza::describe(Channel const& channel, World& world, Budget& budget, Budget& people,
                     std::size_t share) {
    constexpr std::size_t person_bytes = 128;  // the id, three times
    auto const is_agent = [&](std::string const& id) {
        return std::any_of(world.agents.begin(), world.agents.end(),
                           [&](AgentState const& agent) { return agent.id == id; });
    };
    World::Room room{channel, {}, {}};
    auto const present = archive_.named_participants(channel.id);
    bool fits = budget.take(weight_of(channel)) && people.take(present.size());
    for (auto const& [id, name] : present) {
        bool const person = !is_agent(id);
        fits = fits && budget.take(person_bytes + (person ? text_weight(name) : 0));
        if (fits && person) {
            world.users.try_emplace(id, name.empty() ? "User" : name);
        }
        room.participants.push_back(id);
    }
    if (!fits) {
        return false;
    }
    auto part = budget.part(share);
    room.messages = archive_.page(channel.id, policy_.limits.world_messages, {}, {}, part);
    budget.give_back(part);
    std::reverse(room.messages.begin(), room.messages.end());
    for (auto const& message : room.messages) {
        if (!is_agent(message.author_id)) {
            world.users.try_emplace(message.author_id, message.author_name);
        }
    }
    world.rooms.push_back(std::move(room));
    return true;
}

void Eliza::include(Channel const& channel, std::string const& entity) {
    if (archive_.is_participant(channel.id, entity)) {
        return;
    }
    if (archive_.participants(channel.id).size() < policy_.limits.participants &&
        make_room(participant_bytes)) {
        archive_.add_participant(channel.id, entity);
    }
}

// Names are kept of participants only: anybody can make up ids.
void Eliza::name_participant(Channel const& channel, std::string const& entity,
                             std::string const& name) {
    if (archive_.is_participant(channel.id, entity)) {
        archive_.name_entity(entity, common::clipped(name, policy_.limits.name_bytes));
    }
}

bool Eliza::admits(std::string const& channel, std::string const& viewer) {
    return archive_.is_participant(channel, viewer);
}

// Every log line names an agent, because clients filter by it; the first one stands for all.
AgentState Eliza::agent_for_log(std::vector<std::string> const& candidates) {
    for (auto const& id : candidates) {
        if (auto agent = archive_.agent(id)) {
            return *std::move(agent);
        }
    }
    auto agents = archive_.agents();
    return agents.empty() ? AgentState() : std::move(agents.front());
}

}  // namespace apps::eliza
