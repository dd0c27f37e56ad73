#pragma once

// The wire forms of ElizaOS's events (app-contracts 3.3). Field names are the contract. Seed and
// current clients get the same superset objects, so both find the fields they know.

#include "socketio/describe.hpp"
#include "socketio/json.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace apps::eliza {

struct Answer {
    bool success = false;
    std::optional<std::string> error;
    SIO_JSON(Answer, success, error)
};

struct ErrorNotice {
    std::string error;
    std::map<std::string, std::string> details;
    SIO_JSON(ErrorNotice, error, details)
};

/// `messageError`, what current clients read instead of `error`.
struct MessageError {
    std::string error;
    SIO_JSON(MessageError, error)
};

struct Authenticated {
    std::string entityId;
    std::int64_t timestamp = 0;
    SIO_JSON(Authenticated, entityId, timestamp)
};

struct Established {
    std::string message;
    std::string socketId;
    SIO_JSON(Established, message, socketId)
};

/// `channel_joined`, `room_joined`: the same news under its two names.
struct Joined {
    std::string message;
    std::string channelId;
    std::string roomId;
    std::optional<std::string> agentId;
    SIO_JSON(Joined, message, channelId, roomId, agentId)
};

struct Broadcast {
    std::string id;
    std::string senderId;
    std::string senderName;
    std::string text;
    std::string channelId;
    std::string roomId;
    std::string messageServerId;
    std::string serverId;
    std::int64_t createdAt = 0;
    std::string source;
    std::string thought;
    std::vector<std::string> actions;
    std::vector<socketio::Json> attachments;
    std::optional<std::string> clientMessageId;  ///< for the sender: which of its lines this is
    SIO_JSON(Broadcast, id, senderId, senderName, text, channelId, roomId, messageServerId,
             serverId, createdAt, source, thought, actions, attachments, clientMessageId)
};

struct MessageAck {
    std::string clientMessageId;
    std::string messageId;
    std::string status;
    std::string channelId;
    std::string roomId;
    SIO_JSON(MessageAck, clientMessageId, messageId, status, channelId, roomId)
};

struct MessageComplete {
    std::string channelId;
    std::string roomId;
    std::string serverId;
    SIO_JSON(MessageComplete, channelId, roomId, serverId)
};

struct LogEntry {
    int level = 30;
    std::int64_t time = 0;
    std::string msg;
    std::string agentId;
    std::string agentName;
    SIO_JSON(LogEntry, level, time, msg, agentId, agentName)
};

struct LogSubscription {
    bool subscribed = false;
    std::string message;
    SIO_JSON(LogSubscription, subscribed, message)
};

struct AgentView {
    std::string id;
    std::string name;
    std::string bio;
    std::string status;
    SIO_JSON(AgentView, id, name, bio, status)
};

struct UserView {
    std::string id;
    std::string name;
    SIO_JSON(UserView, id, name)
};

struct ChannelView {
    std::string id;
    std::string serverId;
    std::vector<std::string> participants;
    std::vector<std::string> agents;
    SIO_JSON(ChannelView, id, serverId, participants, agents)
};

/// `world-state`: maps by id; messages by channel id, oldest first.
struct WorldState {
    std::map<std::string, AgentView> agents;
    std::map<std::string, UserView> users;
    std::map<std::string, ChannelView> channels;
    std::map<std::string, std::vector<Broadcast>> messages;
    SIO_JSON(WorldState, agents, users, channels, messages)
};

}  // namespace apps::eliza
