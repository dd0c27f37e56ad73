#pragma once

#include "apps/dungeonlab/records.hpp"
#include "apps/store/database.hpp"
#include "socketio/describe.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Characters, items and the like. All functions run on the store's thread; whether somebody may
/// change one is decided by the caller.
namespace apps::dungeonlab::documents {

/// Longest text of one document's data.
inline constexpr std::size_t max_data_bytes = 256 * 1024;
inline constexpr int max_found = 200;

struct Search {
    std::optional<std::string> documentType = {};
    std::optional<std::string> pluginId = {};
    std::optional<std::string> pluginDocumentType = {};
    std::optional<std::string> ownerId = {};
    std::optional<std::string> campaignId = {};
    std::optional<std::string> name = {};  ///< part of it, in any case
    std::optional<int> limit = {};         ///< default 50, at most max_found
    std::optional<int> offset = {};
    SIO_JSON(Search, documentType, pluginId, pluginDocumentType, ownerId, campaignId, name, limit,
             offset)
};

struct NewDocument {
    std::string name;
    std::string documentType;
    std::string pluginId;
    std::string pluginDocumentType;
    std::optional<socketio::Json> pluginData = {};
    std::optional<socketio::Json> userData = {};
    std::optional<std::string> campaignId = {};
    std::optional<std::string> ownerId = {};
    SIO_JSON(NewDocument, name, documentType, pluginId, pluginDocumentType, pluginData, userData,
             campaignId, ownerId)
};

std::optional<DocumentRecord> find(store::Database& database, std::string_view id);
std::vector<DocumentRecord> search(store::Database& database, Search const& wanted);
/// The owner is the creator if none is named. Throws StoreError(conflict) for an unknown type or
/// campaign.
DocumentRecord add(store::Database& database, NewDocument const& document,
                   std::string const& creator, std::int64_t now);
/// Replaces name, slug, pluginData, userData, state and itemState where `data` has them in the
/// right form; nothing else can be changed.
std::optional<DocumentRecord> change(store::Database& database, std::string_view id,
                                     socketio::Json const& data, std::int64_t now);
void remove(store::Database& database, std::string_view id);

}  // namespace apps::dungeonlab::documents
