#pragma once

// What DungeonLab keeps, in the form in which REST answers and events carry it (app-contracts 1.7,
// 1.8). Field names are the contract.

#include "socketio/describe.hpp"
#include "socketio/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace apps::dungeonlab {

struct UserRecord {
    std::string id;
    std::string username;
    std::string email;
    std::string displayName;
    bool isAdmin = false;
    socketio::Json preferences;
    socketio::Json profile;
    SIO_JSON(UserRecord, id, username, email, displayName, isAdmin, preferences, profile)
};

struct CampaignRecord {
    std::string id;
    std::string name;
    std::string description;
    std::string pluginId;
    std::string gameMasterId;
    std::string ownerId;
    std::string status;
    socketio::Json pluginData;
    std::vector<std::string> characterIds;
    std::optional<std::string> gameStateId;
    std::string createdAt;
    SIO_JSON(CampaignRecord, id, name, description, pluginId, gameMasterId, ownerId, status,
             pluginData, characterIds, gameStateId, createdAt)
};

struct SessionRecord {
    std::string id;
    std::string name;
    std::string campaignId;
    std::string gameMasterId;
    std::string status;  ///< scheduled, active, paused or ended
    socketio::Json settings;
    std::string createdAt;
    SIO_JSON(SessionRecord, id, name, campaignId, gameMasterId, status, settings, createdAt)
};

/// Characters, items and whatever else belongs to a campaign or a collection.
struct DocumentRecord {
    std::string id;
    std::string slug;
    std::string name;
    std::string documentType;  ///< item, character, actor or vtt-document
    std::string pluginId;
    std::string pluginDocumentType;
    socketio::Json pluginData;
    socketio::Json userData;
    socketio::Json state;
    socketio::Json itemState;
    std::string ownerId;
    std::string createdBy;
    std::optional<std::string> campaignId;
    std::string createdAt;
    std::string updatedAt;
    SIO_JSON(DocumentRecord, id, slug, name, documentType, pluginId, pluginDocumentType, pluginData,
             userData, state, itemState, ownerId, createdBy, campaignId, createdAt, updatedAt)
};

/// A campaign's state with its version, counted up by each change, and the hash that clients
/// compare theirs with. The state is what Json::dump() has made of it and is passed on as it is: it
/// may have megabytes, of which a tree would take twenty times the memory.
struct StateRecord {
    std::string id;
    std::string campaign;
    std::string text;
    std::int64_t version = 1;
    std::string hash;
};

}  // namespace apps::dungeonlab
