#pragma once

// The wire forms of ElizaOS (app-contracts 3.3, 3.8). Field names are the contract. Seed and
// current clients get the same superset objects, so both find the fields they know.

#include "socketio/describe.hpp"
#include "socketio/json.hpp"
#include "socketio/raw_json.hpp"

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

/// `error`, to clients that speak the seed's events.
struct ErrorNotice {
    std::string error;
    std::map<std::string, std::string> details;
    SIO_JSON(ErrorNotice, error, details)
};

/// `messageError`, what current clients read instead.
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
    std::int64_t updatedAt = 0;
    std::string source;
    std::string thought;
    std::vector<std::string> actions;
    socketio::RawJson attachments = socketio::RawJson::trusted("[]");
    std::optional<std::string> clientMessageId;  ///< for the sender: which of its lines this is
    SIO_JSON(Broadcast, id, senderId, senderName, text, channelId, roomId, messageServerId,
             serverId, createdAt, updatedAt, source, thought, actions, attachments, clientMessageId)
};

struct MessageAck {
    std::optional<std::string> clientMessageId;
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

/// `controlMessage`: "disable_input" while an agent of a direct channel thinks, then
/// "enable_input".
struct ControlMessage {
    std::string action;
    std::string channelId;
    std::string roomId;
    SIO_JSON(ControlMessage, action, channelId, roomId)
};

/// A piece of a reply whose `messageBroadcast` comes later under the same id.
struct StreamChunk {
    std::string messageId;
    std::string chunk;
    std::int64_t index = 0;
    std::string agentId;
    std::string channelId;
    SIO_JSON(StreamChunk, messageId, chunk, index, agentId, channelId)
};

struct StreamError {
    std::string messageId;
    std::string channelId;
    std::string agentId;
    std::string error;
    std::optional<std::string> partialText;
    SIO_JSON(StreamError, messageId, channelId, agentId, error, partialText)
};

struct MessageDeleted {
    std::string messageId;
    std::string channelId;
    SIO_JSON(MessageDeleted, messageId, channelId)
};

/// `channelCleared`, `channelDeleted`.
struct ChannelNotice {
    std::string channelId;
    SIO_JSON(ChannelNotice, channelId)
};

struct ChannelUpdated {
    std::string channelId;
    socketio::Json updates;
    SIO_JSON(ChannelUpdated, channelId, updates)
};

/// `logEntry`, and the payload of `log_stream`.
struct LogEntry {
    int level = 30;
    std::int64_t time = 0;
    std::string msg;
    std::string agentId;
    std::string agentName;
    std::optional<std::string> channelId;
    SIO_JSON(LogEntry, level, time, msg, agentId, agentName, channelId)
};

struct LogStream {
    std::string type = "log_entry";
    LogEntry payload;
    SIO_JSON(LogStream, type, payload)
};

struct LogSubscription {
    bool subscribed = false;
    std::string message;
    SIO_JSON(LogSubscription, subscribed, message)
};

struct LogFilterView {
    std::string agentName;
    int level = 0;
    SIO_JSON(LogFilterView, agentName, level)
};

struct LogFiltersUpdated {
    bool success = false;
    std::optional<LogFilterView> filters;
    std::optional<std::string> error;
    SIO_JSON(LogFiltersUpdated, success, filters, error)
};

struct LogList {
    std::vector<LogEntry> logs;
    std::size_t count = 0;
    std::size_t total = 0;
    std::string requestedLevel;
    std::string level;
    std::vector<std::string> levels;
    SIO_JSON(LogList, logs, count, total, requestedLevel, level, levels)
};

/// An agent in `world-state` and in lists.
struct AgentView {
    std::string id;
    std::string name;
    std::string characterName;
    std::string bio;
    std::string status;
    SIO_JSON(AgentView, id, name, characterName, bio, status)
};

struct UserView {
    std::string id;
    std::string name;
    SIO_JSON(UserView, id, name)
};

struct ChannelView {
    std::string id;
    std::string name;
    std::string type;
    std::string serverId;
    std::string messageServerId;
    std::vector<std::string> participants;  ///< people
    std::vector<std::string> agents;
    SIO_JSON(ChannelView, id, name, type, serverId, messageServerId, participants, agents)
};

/// `world-state`: maps by id; messages by channel id, oldest first.
struct WorldState {
    std::map<std::string, AgentView> agents;
    std::map<std::string, UserView> users;
    std::map<std::string, ChannelView> channels;
    std::map<std::string, std::vector<Broadcast>> messages;
    SIO_JSON(WorldState, agents, users, channels, messages)
};

// --- REST; times are ISO 8601 texts where the contract names them so ----------------------------

struct CharacterStyle {
    std::vector<std::string> all;
    std::vector<std::string> chat;
    std::vector<std::string> post;
    SIO_JSON(CharacterStyle, all, chat, post)
};

/// An agent in full.
struct CharacterView {
    std::string id;
    std::string name;
    std::string username;
    std::vector<std::string> bio;
    std::string system;
    socketio::Json settings = socketio::Json::object();
    std::vector<std::string> plugins;
    std::vector<std::string> topics;
    std::vector<std::string> adjectives;
    CharacterStyle style;
    std::vector<std::string> messageExamples;
    bool enabled = true;
    std::string status;
    std::int64_t createdAt = 0;
    std::int64_t updatedAt = 0;
    SIO_JSON(CharacterView, id, name, username, bio, system, settings, plugins, topics, adjectives,
             style, messageExamples, enabled, status, createdAt, updatedAt)
};

struct ServerView {
    std::string id;
    std::string name;
    std::string sourceType;
    socketio::Json metadata;
    std::string createdAt;
    std::string updatedAt;
    SIO_JSON(ServerView, id, name, sourceType, metadata, createdAt, updatedAt)
};

struct ChannelRecord {
    std::string id;
    std::string messageServerId;
    std::string name;
    std::string type;
    std::string sourceType;
    socketio::Json metadata;
    std::string createdAt;
    std::string updatedAt;
    SIO_JSON(ChannelRecord, id, messageServerId, name, type, sourceType, metadata, createdAt,
             updatedAt)
};

struct RawMessage {
    std::string text;
    std::string thought;
    std::vector<std::string> actions;
    SIO_JSON(RawMessage, text, thought, actions)
};

struct MessageRecord {
    std::string id;
    std::string channelId;
    std::string authorId;
    std::string authorDisplayName;
    std::string content;
    RawMessage rawMessage;
    socketio::RawJson metadata;
    std::string sourceType;
    std::optional<std::string> inReplyToRootMessageId;
    std::string createdAt;
    std::string updatedAt;
    std::int64_t created_at = 0;
    std::int64_t updated_at = 0;
    SIO_JSON(MessageRecord, id, channelId, authorId, authorDisplayName, content, rawMessage,
             metadata, sourceType, inReplyToRootMessageId, createdAt, updatedAt, created_at,
             updated_at)
};

struct MessageList {
    std::vector<MessageRecord> messages;
    SIO_JSON(MessageList, messages)
};

/// The answer to who asks for a page of messages.
struct MessagePage {
    bool success = true;
    MessageList data;
    SIO_JSON(MessagePage, success, data)
};

}  // namespace apps::eliza
