#pragma once

// The wire forms of DungeonLab's events (app-contracts 1.3). Field names are the contract.

#include "socketio/describe.hpp"
#include "socketio/json.hpp"
#include "socketio/raw_json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace apps::dungeonlab {

// ---- answers to the caller

struct Answer {
    bool success = false;
    std::optional<std::string> error;
    SIO_JSON(Answer, success, error)
};

struct ErrorNotice {
    std::string message;
    SIO_JSON(ErrorNotice, message)
};

struct UserData {
    std::string id;
    std::string username;
    std::string displayName;
    bool isAdmin = false;
    std::optional<std::string> sessionId;
    SIO_JSON(UserData, id, username, displayName, isAdmin, sessionId)
};

struct UserDataAnswer {
    bool success = false;
    std::optional<UserData> data;
    std::optional<std::string> error;
    SIO_JSON(UserDataAnswer, success, data, error)
};

struct ValidationAnswer {
    bool success = false;
    bool valid = false;
    std::optional<std::string> error;
    SIO_JSON(ValidationAnswer, success, valid, error)
};

// ---- dialect S: what the others hear

struct MemberView {
    std::string userId;
    std::string userName;
    SIO_JSON(MemberView, userId, userName)
};

struct JoinAnswer {
    bool success = false;
    std::optional<std::string> error;
    std::optional<std::string> sessionId;
    std::optional<std::vector<MemberView>> members;
    SIO_JSON(JoinAnswer, success, error, sessionId, members)
};

/// `user-joined` and `user-left`; `members` are those in the session after it.
struct PresenceNotice {
    std::string userId;
    std::string userName;
    std::string sessionId;
    std::int64_t timestamp = 0;
    std::vector<MemberView> members;
    SIO_JSON(PresenceNotice, userId, userName, sessionId, timestamp, members)
};

/// `chat-message` from a client: the seed names no fields, so both usual names of the text count.
struct ChatRequest {
    std::optional<std::string> sessionId;
    std::optional<std::string> message;
    std::optional<std::string> content;
    std::optional<socketio::Json> metadata;
    SIO_JSON(ChatRequest, sessionId, message, content, metadata)
};

struct ChatNotice {
    std::string sessionId;
    std::string userId;
    std::string userName;
    std::string message;
    std::string content;  ///< the same text again, for clients that read this name
    std::optional<socketio::Json> metadata;
    std::int64_t timestamp = 0;
    SIO_JSON(ChatNotice, sessionId, userId, userName, message, content, metadata, timestamp)
};

// ---- dialect C and B: who came and went

struct CurrentJoined {
    std::string sessionId;
    std::string userId;
    std::string userName;
    bool isGM = false;
    std::int64_t timestamp = 0;
    SIO_JSON(CurrentJoined, sessionId, userId, userName, isGM, timestamp)
};

struct CurrentLeft {
    std::string sessionId;
    std::string userId;
    std::string userName;
    std::int64_t timestamp = 0;
    SIO_JSON(CurrentLeft, sessionId, userId, userName, timestamp)
};

struct CamelJoined {
    std::string userId;
    std::string sessionId;
    std::optional<std::string> actorId;
    SIO_JSON(CamelJoined, userId, sessionId, actorId)
};

struct CamelLeft {
    std::string userId;
    std::string sessionId;
    std::vector<std::string> actorIds;
    std::vector<std::string> characterNames;
    SIO_JSON(CamelLeft, userId, sessionId, actorIds, characterNames)
};

// ---- dialect C: the state of a campaign, as the text that is kept

struct FullState {
    std::string sessionId;
    std::string gameStateId;
    socketio::RawJson gameState;
    std::string gameStateVersion;
    std::string gameStateHash;
    std::int64_t timestamp = 0;
    SIO_JSON(FullState, sessionId, gameStateId, gameState, gameStateVersion, gameStateHash,
             timestamp)
};

struct FullStateAnswer {
    bool success = false;
    std::optional<std::string> error;
    std::optional<FullState> data = {};
    SIO_JSON(FullStateAnswer, success, error, data)
};

struct StateChanged {
    std::string gameStateId;
    socketio::RawJson operations;
    std::string newVersion;
    std::string expectedHash;
    std::int64_t timestamp = 0;
    std::string source;
    SIO_JSON(StateChanged, gameStateId, operations, newVersion, expectedHash, timestamp, source)
};

struct StateMadeAnew {
    std::string gameStateId;
    socketio::RawJson gameState;
    std::string gameStateVersion;
    std::string gameStateHash;
    std::int64_t timestamp = 0;
    std::string reinitializedBy;
    SIO_JSON(StateMadeAnew, gameStateId, gameState, gameStateVersion, gameStateHash, timestamp,
             reinitializedBy)
};

}  // namespace apps::dungeonlab
