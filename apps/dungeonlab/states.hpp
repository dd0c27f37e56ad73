#pragma once

#include "apps/dungeonlab/records.hpp"
#include "apps/store/database.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The shared state of a campaign: one JSON document, changed by patches against a version. All
/// functions run on the store's thread, each as a whole, so two changes cannot mix.
namespace apps::dungeonlab::states {

inline constexpr std::size_t max_state_bytes = 4 * 1024 * 1024;

/// Upstream's codes.
struct Refusal {
    std::string code;  ///< VERSION_CONFLICT, VALIDATION_ERROR, TRANSACTION_FAILED, …
    std::string message;
    std::optional<std::string> current_version = {};
    std::optional<std::string> current_hash = {};
};
template <class T>
using Outcome = boost::system::result<T, Refusal>;

/// SHA-256 of the text that json-stable-stringify gives, in hexadecimal: what clients compute.
std::string hash_of(socketio::Json const& state);

/// Without parsing the state.
std::optional<StateRecord> find(store::Database& database, std::string_view id);
std::optional<StateRecord> of_campaign(store::Database& database, std::string_view campaign);
/// Whose state that is.
std::optional<std::string> campaign_of(store::Database& database, std::string_view id);
/// The first state of a campaign; in it the campaign is as REST gives it, with the state's id.
StateRecord add(store::Database& database, CampaignRecord campaign);

/// Applies the patch if `version` is the present one. For a `player`, somebody who does not lead
/// the session, refused (PERMISSION_DENIED) if it names a place that is not theirs: they share the
/// plugins' bookkeeping, what is inside of /pluginData, and have the documents that they own.
Outcome<StateRecord> update(store::Database& database, std::string_view id,
                            std::string_view version, socketio::Json const& operations,
                            std::optional<std::string> const& player = {});

/// The kept hash of a campaign's state, and what it would have to be.
struct Hashes {
    std::string stored;
    std::string calculated;
};
std::optional<Hashes> check(store::Database& database, std::string_view campaign);
/// Hashes the stored state again and keeps that.
std::optional<StateRecord> reset_hash(store::Database& database, std::string_view campaign);

/// Makes the state anew from the stored campaign and its characters.
std::optional<StateRecord> reinitialize(store::Database& database, std::string_view campaign);

/// The state of a campaign about which nothing is known yet.
socketio::Json initial_state(CampaignRecord const& campaign);

/// Writes the documents of the state back to where they came from; those of other campaigns and
/// unknown ones are passed by.
struct Synced {
    int campaigns = 0;
    int characters = 0;
    int actors = 0;
    int items = 0;
    int encounters = 0;
    SIO_JSON(Synced, campaigns, characters, actors, items, encounters)
};
std::optional<Synced> sync(store::Database& database, std::string_view campaign, std::int64_t now);

}  // namespace apps::dungeonlab::states
