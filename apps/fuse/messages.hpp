#pragma once

// What travels on The New Fuse's socket, as payload of its envelope, and in its REST answers.

#include "socketio/json_codec.hpp"
#include "socketio/raw_json.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace apps::fuse {

// --- client → server -----------------------------------------------------------------------------

struct RoomRequest {
    std::string roomId;
    SIO_JSON(RoomRequest, roomId)
};

struct MessageRequest {
    std::string roomId, content;
    std::optional<socketio::Json> metadata;  ///< {type, fileUrl, fileName}, or what you like
    SIO_JSON(MessageRequest, roomId, content, metadata)
};

struct TaskUpdateRequest {
    std::string taskId;
    std::optional<std::string> status;
    std::optional<double> progress;
    std::optional<socketio::Json> metadata;
    SIO_JSON(TaskUpdateRequest, taskId, status, progress, metadata)
};

struct TaskAssignRequest {
    std::string taskId, assigneeId;
    std::optional<int> priority;
    SIO_JSON(TaskAssignRequest, taskId, assigneeId, priority)
};

// --- server → client -----------------------------------------------------------------------------

struct RoomAnswer {
    std::string roomId;
    bool success = true;
    std::optional<std::vector<std::string>> members;          ///< users present, of joinRoom
    std::optional<std::map<std::string, std::string>> names;  ///< of these users
    SIO_JSON(RoomAnswer, roomId, success, members, names)
};

/// `message` to the other members, and `messageReceived` to all: the document's receipt with what
/// later clients read as the delivery.
struct MessageNotice {
    std::string messageId, roomId, senderId, senderName;
    std::int64_t timestamp = 0;
    std::string content;
    std::optional<socketio::RawJson> metadata;
    SIO_JSON(MessageNotice, messageId, roomId, senderId, senderName, timestamp, content, metadata)
};

struct TaskUpdateNotice {
    std::string taskId, status;
    double progress = 0;
    socketio::RawJson metadata;
    int priority = 2;
    socketio::Json assigneeId;  ///< text or null
    SIO_JSON(TaskUpdateNotice, taskId, status, progress, metadata, priority, assigneeId)
};

struct TaskAssignNotice {
    std::string taskId, assigneeId;
    int priority = 2;
    SIO_JSON(TaskAssignNotice, taskId, assigneeId, priority)
};

struct ErrorNotice {
    std::string code, message;
    socketio::Json details;  ///< an object
    SIO_JSON(ErrorNotice, code, message, details)
};

struct HealthNotice {
    std::string status;
    socketio::Json metrics;  ///< an object
    SIO_JSON(HealthNotice, status, metrics)
};

// --- REST ----------------------------------------------------------------------------------------

struct LoginAnswer {
    std::string userId, username, accessToken, tokenType = "Bearer";
    SIO_JSON(LoginAnswer, userId, username, accessToken, tokenType)
};

struct TaskForm {
    std::optional<std::string> title, description, status, assigneeId;
    std::optional<int> priority;
    std::optional<double> progress;
    std::optional<socketio::Json> metadata;
    SIO_JSON(TaskForm, title, description, status, assigneeId, priority, progress, metadata)
};

struct TaskAnswer {
    std::string id, title, description, status;
    int priority = 2;
    double progress = 0;
    socketio::Json assigneeId;  ///< text or null
    std::string creatorId;
    socketio::RawJson metadata;
    std::int64_t createdAt = 0, updatedAt = 0;
    SIO_JSON(TaskAnswer, id, title, description, status, priority, progress, assigneeId, creatorId,
             metadata, createdAt, updatedAt)
};

/// Nothing asks for the latest.
struct TaskQuery {
    std::optional<std::string> before;
    SIO_JSON(TaskQuery, before)
};

/// `hasMore`: there are older ones, to be had with ?before= the first of these.
struct TaskList {
    std::vector<TaskAnswer> tasks;
    bool hasMore = false;
    SIO_JSON(TaskList, tasks, hasMore)
};

struct MessageList {
    std::vector<MessageNotice> messages;
    SIO_JSON(MessageList, messages)
};

}  // namespace apps::fuse
