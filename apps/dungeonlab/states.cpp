#include "apps/dungeonlab/states.hpp"

#include "apps/auth/digest.hpp"
#include "apps/dungeonlab/campaigns.hpp"
#include "apps/dungeonlab/documents.hpp"
#include "apps/dungeonlab/ids.hpp"
#include "apps/dungeonlab/json_patch.hpp"
#include "socketio/json_codec.hpp"

#include <algorithm>
#include <utility>

namespace apps::dungeonlab::states {

using socketio::Json;
using socketio::to_json;

namespace {

StateRecord read(store::Query const& query) {
    return {query.text(0), query.text(1), query.text(2), query.integer(3), query.text(4)};
}

Json parsed(std::string const& state) {
    return Json::parse(state).value_or(Json::object());
}

constexpr char not_yours[] = "Only the game master can change this part of the state";

// The containers themselves are nobody's but the game master's, and neither is a document that is
// in the state only.
bool is_theirs(store::Database& database, std::string_view state, JsonPointer const& place,
               std::string_view player) {
    if (place.size() < 2 || place[0] != "documents") {
        return place.size() >= 2 && place[0] == "pluginData";
    }
    auto query = database.query(
        "SELECT 1 FROM dungeonlab_documents d, dungeonlab_states s WHERE d.id = ? "
        "AND d.owner_id = ? AND s.id = ? AND s.campaign_id = IFNULL(d.campaign_id, s.campaign_id)");
    return query.bind(place[1], player, state).step();
}

bool are_theirs(store::Database& database, std::string_view state, Json const& operations,
                std::string_view player) {
    auto const places = places_in(operations);
    return std::all_of(places.begin(), places.end(), [&](JsonPointer const& place) {
        return is_theirs(database, state, place, player);
    });
}

// Version and hash, without the state itself, which may take long to parse.
std::optional<std::pair<std::string, std::string>> mark_of(store::Database& database,
                                                           std::string_view id) {
    auto query = database.query("SELECT version, hash FROM dungeonlab_states WHERE id = ?");
    if (!query.bind(id).step()) {
        return std::nullopt;
    }
    return std::pair(std::to_string(query.integer(0)), query.text(1));
}

void keep(store::Database& database, StateRecord const& record) {
    database.run("UPDATE dungeonlab_states SET state_json = ?, version = ?, hash = ? WHERE id = ?",
                 record.text, record.version, record.hash, record.id);
}

}  // namespace

std::string hash_of(Json const& state) {
    return auth::sha256_hex(state.canonical());
}

std::optional<StateRecord> find(store::Database& database, std::string_view id) {
    auto query = database.query("SELECT id, campaign_id, state_json, version, hash "
                                "FROM dungeonlab_states WHERE id = ?");
    return query.bind(id).step() ? std::optional(read(query)) : std::nullopt;
}

std::optional<StateRecord> of_campaign(store::Database& database, std::string_view campaign) {
    auto query = database.query("SELECT id, campaign_id, state_json, version, hash "
                                "FROM dungeonlab_states WHERE campaign_id = ?");
    return query.bind(campaign).step() ? std::optional(read(query)) : std::nullopt;
}

std::optional<std::string> campaign_of(store::Database& database, std::string_view id) {
    auto query = database.query("SELECT campaign_id FROM dungeonlab_states WHERE id = ?");
    return query.bind(id).step() ? std::optional(query.text(0)) : std::nullopt;
}

StateRecord add(store::Database& database, CampaignRecord campaign) {
    StateRecord record{object_id(), campaign.id, {}, 1, {}};
    campaign.gameStateId = record.id;
    auto const state = initial_state(campaign);
    record.text = state.dump();
    record.hash = hash_of(state);
    database.run("INSERT INTO dungeonlab_states (id, campaign_id, state_json, version, hash) "
                 "VALUES (?, ?, ?, ?, ?)",
                 record.id, campaign.id, record.text, record.version, record.hash);
    return record;
}

Outcome<StateRecord> update(store::Database& database, std::string_view id,
                            std::string_view version, Json const& operations,
                            std::optional<std::string> const& player) {
    if (!is_patch(operations)) {
        return Refusal{"VALIDATION_ERROR", "operations must be JSON Patch operations"};
    }
    if (player && !are_theirs(database, id, operations, *player)) {
        return Refusal{"PERMISSION_DENIED", not_yours};
    }
    auto const mark = mark_of(database, id);
    if (!mark) {
        return Refusal{"GAMESTATE_NOT_FOUND", "Game state not found"};
    }
    auto const& [present, hash] = *mark;
    if (version != present) {
        return Refusal{"VERSION_CONFLICT", "The state has changed in the meantime", present, hash};
    }
    auto record = find(database, id);
    auto patched = apply_patch(parsed(std::exchange(record->text, {})), operations);
    if (patched.error) {
        return Refusal{"TRANSACTION_FAILED", *patched.error, present, hash};
    }
    record->text = patched.document.dump();
    if (record->text.size() > max_state_bytes) {
        return Refusal{"TRANSACTION_FAILED", "The state would become too large", present, hash};
    }
    record->hash = hash_of(patched.document);
    ++record->version;
    keep(database, *record);
    return std::move(*record);
}

std::optional<Hashes> check(store::Database& database, std::string_view campaign) {
    auto const record = of_campaign(database, campaign);
    return record ? std::optional(Hashes{record->hash, hash_of(parsed(record->text))})
                  : std::nullopt;
}

std::optional<StateRecord> reset_hash(store::Database& database, std::string_view campaign) {
    auto record = of_campaign(database, campaign);
    if (record) {
        auto const state = parsed(record->text);
        record->text = state.dump();
        record->hash = hash_of(state);
        keep(database, *record);
    }
    return record;
}

Json initial_state(CampaignRecord const& campaign) {
    return Json::object({{"campaign", to_json(campaign)},
                         {"documents", Json::object()},
                         {"currentEncounter", nullptr},
                         {"pluginData", Json::object()}});
}

std::optional<StateRecord> reinitialize(store::Database& database, std::string_view id) {
    auto record = of_campaign(database, id);
    auto const campaign = campaigns::find(database, id);
    if (!record || !campaign) {
        return std::nullopt;
    }
    auto state = initial_state(*campaign);
    Json documents = Json::object();
    for (auto const& character : documents::characters(database, id, max_state_bytes / 2)) {
        documents.set(character.id, to_json(character));
    }
    state.set("documents", std::move(documents));
    record->text = state.dump();
    record->hash = hash_of(state);
    ++record->version;
    keep(database, *record);
    return record;
}

std::optional<Synced> sync(store::Database& database, std::string_view campaign, std::int64_t now) {
    auto const record = of_campaign(database, campaign);
    if (!record) {
        return std::nullopt;
    }
    Synced count;
    auto const state = parsed(record->text);
    auto const* members = state["documents"].object_members();
    if (members == nullptr) {
        return count;
    }
    auto const stored = documents::types_in(database, campaign);
    for (auto const& [id, data] : *members) {
        auto const found = stored.find(id);
        if (found == stored.end()) {
            continue;  // made in the state only, or not this campaign's to write
        }
        auto const& type = found->second;
        if (documents::change(database, id, data, now)) {
            count.characters += type == "character" ? 1 : 0;
            count.actors += type == "actor" ? 1 : 0;
            count.items += type == "item" ? 1 : 0;
        }
    }
    return count;
}

}  // namespace apps::dungeonlab::states
