#include "apps/eliza/lounge.hpp"

#include "apps/common/clipped.hpp"

#include <initializer_list>
#include <utility>

namespace apps::eliza {

namespace {

constexpr char log_room[] = "logs";
constexpr std::size_t max_attachments = 16;

std::string channel_room(std::string const& id) {
    return "channel:" + id;
}

// The first of several names under which a text is given; clients of different ages differ.
std::string first_text(socketio::Json const& json, std::initializer_list<char const*> names) {
    for (auto const* name : names) {
        if (auto const* text = json[name].string()) {
            return *text;
        }
    }
    return {};
}

std::string room_of(socketio::Json const& json) {
    return first_text(json, {"roomId", "channelId"});
}

std::string server_of(socketio::Json const& json) {
    auto const id = first_text(json, {"messageServerId", "serverId"});
    return common::is_uuid(id) ? id : default_server_id;
}

Broadcast broadcast_of(Line const& line, std::string const& server) {
    Broadcast broadcast;
    broadcast.id = line.id;
    broadcast.senderId = line.sender_id;
    broadcast.senderName = line.sender_name;
    broadcast.text = line.text;
    broadcast.channelId = line.room;
    broadcast.roomId = line.room;
    broadcast.messageServerId = server;
    broadcast.serverId = server;
    broadcast.createdAt = line.created_at;
    broadcast.source = line.source;
    if (line.source == "agent_response") {
        broadcast.actions = {"REPLY"};
    }
    return broadcast;
}

WorldState state_of(World const& world) {
    WorldState state;
    for (auto const* agent : world.agents) {
        state.agents[agent->id()] = {agent->id(), agent->name(), agent->bio(), "active"};
    }
    for (auto const& [id, name] : world.users) {
        state.users[id] = {id, name};
    }
    for (auto const& room : world.rooms) {
        state.channels[room.id] = {room.id, default_server_id, room.participants, room.agents};
        auto& messages = state.messages[room.id];
        for (auto const& line : room.lines) {
            messages.push_back(broadcast_of(line, default_server_id));
        }
    }
    return state;
}

bool is_direct(socketio::Json const& fields) {
    auto const& metadata = fields["metadata"];
    auto const* dm = metadata["isDm"].boolean();
    return (dm != nullptr && *dm) || first_text(metadata, {"channelType"}) == "DM";
}

}  // namespace

Lounge::Lounge(socketio::Namespace& nsp, std::vector<std::unique_ptr<Agent>> agents)
    : nsp_(nsp), rules_(common::Clock(common::wall_clock_ms), common::IdSource(common::random_uuid),
                        std::move(agents)) {}

void Lounge::connected(Socket& socket) {
    auto const claimed = socket.handshake().auth("entityId").value_or("");
    auto const entity = common::is_uuid(claimed) ? claimed : common::random_uuid();
    socket.join(log_room);  // the seed has no event to ask for it: everybody hears the log
    socket.emit("authenticated", Authenticated{entity, common::wall_clock_ms()});
    socket.emit("connection_established", Established{"Connected to Hubbub", socket.id()});
}

void Lounge::disconnected(Socket& socket) {
    rules_.with([&](Eliza& rules) { rules.disconnect(socket.id()); });
}

void Lounge::reply_error(Socket& socket, socketio::InvalidEvent const& event) {
    std::string const name(event.name);
    refuse(socket, {"Invalid arguments for " + name, "event", name}, {});
}

void Lounge::join(Socket& socket, Json request, socketio::Ack<Answer> ack) {
    Entrance entrance;
    entrance.room = room_of(request);
    entrance.participant = first_text(request, {"userId", "entityId"});
    entrance.name = first_text(request, {"userName", "username", "displayName", "name"});
    entrance.agent = first_text(request, {"agentId"});
    auto const joined =
        rules_.with([&](Eliza& rules) { return rules.join(socket.id(), entrance); });
    if (!joined) {
        refuse(socket, joined.error(), ack);
        return;
    }
    socket.join(channel_room(entrance.room));
    Joined notice{"Joined channel " + entrance.room, entrance.room, entrance.room, std::nullopt};
    if (!entrance.agent.empty()) {
        notice.agentId = entrance.agent;
    }
    socket.emit("channel_joined", notice);
    socket.emit("room_joined", notice);
    ack({true, std::nullopt});
    log(*joined);
}

void Lounge::leave(Socket& socket, Json request, socketio::Ack<Answer> ack) {
    auto const room = room_of(request);
    auto const left = rules_.with([&](Eliza& rules) { return rules.leave(socket.id(), room); });
    if (!left) {
        refuse(socket, left.error(), ack);
        return;
    }
    socket.leave(channel_room(room));
    ack({true, std::nullopt});
    log(*left);
}

// Types of today's envelope: 1 enters a channel, 2 says something. One published page counts from
// 0, so 0 enters too, and an entering message with a text is meant as a line.
void Lounge::message(Socket& socket, Json message, socketio::Ack<Answer> ack) {
    if (!message.contains("type") || !message["payload"].is_object()) {
        say(socket, message, ack);
        return;
    }
    auto const type = message["type"].integer().value_or(-1);
    auto const& payload = message["payload"];
    bool const enters = (type == 0 || type == 1) && !payload["message"].is_string();
    if (enters) {
        join(socket, payload, ack);
    } else if (type >= 0 && type <= 2) {
        say(socket, payload, ack);
    } else {
        auto const given = common::clipped(message["type"].dump(), 20);
        refuse(socket, {"Unknown message type", "type", given}, ack);
    }
}

void Lounge::say(Socket& socket, Json const& fields, socketio::Ack<Answer> const& ack) {
    Statement statement;
    statement.room = room_of(fields);
    statement.sender = first_text(fields, {"userId", "senderId", "entityId"});
    statement.name = first_text(fields, {"name", "senderName", "userName"});
    statement.text = first_text(fields, {"text", "message"});
    statement.message_id = first_text(fields, {"messageId"});
    statement.source = first_text(fields, {"source"});
    statement.direct = is_direct(fields);
    auto const exchange =
        rules_.with([&](Eliza& rules) { return rules.say(socket.id(), statement); });
    if (!exchange) {
        refuse(socket, exchange.error(), ack);
        return;
    }
    socket.join(channel_room(statement.room));
    announce(socket, *exchange, fields);
    ack({true, std::nullopt});
    log(exchange->log);
}

void Lounge::announce(Socket& socket, Exchange const& exchange, Json const& fields) {
    auto const& line = exchange.line;
    auto const room = channel_room(line.room);
    auto const server = server_of(fields);
    auto broadcast = broadcast_of(line, server);
    if (auto const* attachments = fields["attachments"].array_items();
        attachments != nullptr && attachments->size() <= max_attachments) {
        broadcast.attachments = *attachments;
    }
    socket.to(room).emit("messageBroadcast", broadcast);
    auto const client_id = first_text(fields, {"messageId"});
    if (!client_id.empty()) {
        broadcast.clientMessageId = client_id;
    }
    socket.emit("messageBroadcast", broadcast);
    if (!client_id.empty()) {
        socket.emit("messageAck",
                    MessageAck{client_id, line.id, "received_by_server_and_processing", line.room,
                               line.room});
    }
    for (auto const& answer : exchange.answers) {
        nsp_.to(room).emit("messageBroadcast", broadcast_of(answer, server));
    }
    nsp_.to(room).emit("messageComplete", MessageComplete{line.room, line.room, server});
}

void Lounge::world_state(Socket& socket, Json request) {
    auto const& named = request["roomId"];
    auto const room = named.is_null() ? std::nullopt : std::optional(room_of(request));
    auto const world = rules_.with([&](Eliza& rules) { return rules.world(room); });
    if (!world) {
        refuse(socket, world.error(), {});
        return;
    }
    socket.emit("world-state", state_of(*world));
}

void Lounge::subscribe_logs(Socket& socket) {
    socket.join(log_room);
    socket.emit("log_subscription_confirmed", LogSubscription{true, "Subscribed to log stream"});
}

void Lounge::unsubscribe_logs(Socket& socket) {
    socket.leave(log_room);
    socket.emit("log_subscription_confirmed",
                LogSubscription{false, "Unsubscribed from log stream"});
}

// Seed clients read `error`, current ones `messageError`; each ignores the other.
void Lounge::refuse(Socket& socket, Refusal const& refusal, socketio::Ack<Answer> const& ack) {
    socket.emit("messageError", MessageError{refusal.error});
    socket.emit("error",
                ErrorNotice{refusal.error, {{"field", refusal.field}, {"value", refusal.value}}});
    ack({false, refusal.error});
}

void Lounge::log(LogLine const& line) {
    nsp_.to(log_room).emit(
        "logEntry", LogEntry{line.level, line.time, line.message, line.agent_id, line.agent_name});
}

}  // namespace apps::eliza
