#include "apps/eliza/views.hpp"

#include "apps/eliza/times.hpp"

namespace apps::eliza {

using socketio::Json;

namespace {

std::vector<std::string> texts_of(Json const& json) {
    std::vector<std::string> texts;
    if (auto const* items = json.array_items()) {
        for (auto const& item : *items) {
            if (auto const* text = item.string()) {
                texts.push_back(*text);
            }
        }
    }
    return texts;
}

Json tree_of(socketio::RawJson const& json) {
    return Json::parse(json.text()).value_or(Json());
}

}  // namespace

std::string first_text(Json const& json, std::initializer_list<char const*> names) {
    for (auto const* name : names) {
        if (auto const* text = json[name].string(); text != nullptr && !text->empty()) {
            return *text;
        }
    }
    return {};
}

std::string channel_id_of(Json const& json) {
    return first_text(json, {"channelId", "roomId", "channel_id"});
}

std::string server_id_of(Json const& json) {
    return first_text(json, {"messageServerId", "serverId", "message_server_id", "server_id"});
}

std::optional<ChannelType> channel_type_of(Json const& metadata) {
    auto const* direct = metadata["isDm"].boolean();
    auto const named = first_text(metadata, {"channelType", "channel_type"});
    if ((direct != nullptr && *direct) || named == "DM" || named == "dm") {
        return ChannelType::dm;
    }
    return named.empty() ? std::nullopt : std::optional(ChannelType::group);
}

char const* name_of(ChannelType type) {
    return type == ChannelType::dm ? "DM" : "GROUP";
}

Broadcast broadcast_of(Message const& message) {
    Broadcast broadcast;
    broadcast.id = message.id;
    broadcast.senderId = message.author_id;
    broadcast.senderName = message.author_name;
    broadcast.text = message.content;
    broadcast.channelId = message.channel_id;
    broadcast.roomId = message.channel_id;
    broadcast.messageServerId = message.server_id;
    broadcast.serverId = message.server_id;
    broadcast.createdAt = message.created_at;
    broadcast.updatedAt = message.updated_at;
    broadcast.source = message.source_type;
    auto const metadata = tree_of(message.metadata);
    broadcast.thought = first_text(metadata, {"thought"});
    broadcast.actions = texts_of(metadata["actions"]);
    if (auto const& attachments = metadata["attachments"]; attachments.is_array()) {
        broadcast.attachments = socketio::RawJson::trusted(attachments.dump());
    }
    return broadcast;
}

WorldState state_of(World const& world) {
    WorldState state;
    for (auto const& agent : world.agents) {
        state.agents[agent.id] = view_of(agent);
    }
    for (auto const& [id, name] : world.users) {
        state.users[id] = {id, name};
    }
    for (auto const& room : world.rooms) {
        auto const& channel = room.channel;
        ChannelView view{channel.id,
                         channel.name,
                         name_of(channel.type),
                         channel.server_id,
                         channel.server_id,
                         {},
                         {}};
        for (auto const& id : room.participants) {
            (state.agents.count(id) != 0 ? view.agents : view.participants).push_back(id);
        }
        state.channels[channel.id] = std::move(view);
        auto& messages = state.messages[channel.id];
        for (auto const& message : room.messages) {
            messages.push_back(broadcast_of(message));
        }
    }
    return state;
}

LogEntry entry_of(LogLine const& line) {
    LogEntry entry{line.level,    line.time,       line.message,
                   line.agent_id, line.agent_name, std::nullopt};
    if (!line.channel_id.empty()) {
        entry.channelId = line.channel_id;
    }
    return entry;
}

AgentView view_of(AgentState const& agent) {
    return {agent.id, agent.name, agent.name, agent.bio, agent.active ? "active" : "inactive"};
}

CharacterView character_of(AgentState const& agent) {
    CharacterView view;
    view.id = agent.id;
    view.name = agent.name;
    view.username = agent.name;
    view.bio = {agent.bio};
    view.system = agent.bio;
    view.topics = {"conversation"};
    view.adjectives = {"attentive", "patient"};
    view.status = agent.active ? "active" : "inactive";
    view.createdAt = agent.created_at;
    view.updatedAt = agent.updated_at;
    return view;
}

ServerView view_of(Server const& server) {
    return {server.id,
            server.name,
            server.source_type,
            server.metadata,
            iso_time(server.created_at),
            iso_time(server.updated_at)};
}

ChannelRecord record_of(Channel const& channel) {
    return {channel.id,
            channel.server_id,
            channel.name,
            name_of(channel.type),
            channel.source_type,
            channel.metadata,
            iso_time(channel.created_at),
            iso_time(channel.updated_at)};
}

MessageRecord record_of(Message const& message) {
    MessageRecord record;
    record.id = message.id;
    record.channelId = message.channel_id;
    record.authorId = message.author_id;
    record.authorDisplayName = message.author_name;
    record.content = message.content;
    record.metadata = message.metadata;
    auto const metadata = tree_of(message.metadata);
    record.rawMessage = {message.content, first_text(metadata, {"thought"}),
                         texts_of(metadata["actions"])};
    record.sourceType = message.source_type;
    record.inReplyToRootMessageId = message.in_reply_to;
    record.createdAt = iso_time(message.created_at);
    record.updatedAt = iso_time(message.updated_at);
    record.created_at = message.created_at;
    record.updated_at = message.updated_at;
    return record;
}

}  // namespace apps::eliza
