#pragma once

#include "apps/dungeonlab/records.hpp"
#include "apps/store/database.hpp"
#include "socketio/describe.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Characters, items and the like. All functions run on the store's thread; whether somebody may
/// change one is decided by the caller.
namespace apps::dungeonlab::documents {

/// All texts of one document together.
inline constexpr std::size_t max_data_bytes = 256 * 1024;
inline constexpr std::size_t max_name_bytes = 200;  ///< of the slug too
inline constexpr std::size_t max_of_owner = 1000;   ///< documents of one person
inline constexpr std::size_t max_characters = 100;  ///< of one player in one campaign
inline constexpr int max_found = 200;
/// Documents that a search passes by at most before those it hands out; what is behind them is
/// found by asking more precisely.
inline constexpr int max_offset = 10'000;
/// Data that one search hands out; it ends early after so much, but never without any document.
inline constexpr std::size_t max_found_bytes = 1024 * 1024;

/// What a document or its slug may be called: 1 to max_name_bytes without control characters, as
/// characters speak under their names.
bool is_name(std::string_view text);

/// Why a document is not made or changed, in words for the client.
struct Refusal {
    std::string message;
};
template <class T>
using Outcome = boost::system::result<T, Refusal>;

struct Search {
    std::optional<std::string> documentType = {};
    std::optional<std::string> pluginId = {};
    std::optional<std::string> pluginDocumentType = {};
    std::optional<std::string> ownerId = {};
    std::optional<std::string> campaignId = {};
    std::optional<std::string> name = {};  ///< part of it, in any case
    std::optional<int> limit = {};         ///< default 50, at most max_found
    std::optional<int> offset = {};        ///< default 0; nothing is found beyond max_offset
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

/// What search() asks the database; for tests, which look at its plan.
extern char const search_sql[];

std::optional<DocumentRecord> find(store::Database& database, std::string_view id);
/// Only what `viewer` may see: what belongs to no campaign or to one they lead or play in. Without
/// a viewer all.
std::vector<DocumentRecord> search(store::Database& database, Search const& wanted,
                                   std::optional<std::string> const& viewer = {});
/// The characters of a campaign by name, as far as they take `max_bytes` together. Of each owner an
/// equal share: whose characters need no more than that are all there, whatever others have.
std::vector<DocumentRecord> characters(store::Database& database, std::string_view campaign,
                                       std::size_t max_bytes = max_found_bytes);
/// The owner is the creator if none is named; refused to an owner who has too many. Throws
/// StoreError(conflict) for an unknown type or campaign.
Outcome<DocumentRecord> add(store::Database& database, NewDocument const& document,
                            std::string const& creator, std::int64_t now);
/// Replaces name, slug, pluginData, userData, state and itemState where `data` has them in the
/// right form; nothing else can be changed. Refused as a whole if a name is none (is_name)
/// or the document would grow beyond max_data_bytes.
Outcome<DocumentRecord> change(store::Database& database, std::string_view id,
                               socketio::Json const& data, std::int64_t now);
/// The type of each document of a campaign by its id.
std::unordered_map<std::string, std::string> types_in(store::Database& database,
                                                      std::string_view campaign);
/// False: there is none.
bool remove(store::Database& database, std::string_view id);

}  // namespace apps::dungeonlab::documents
