#include "apps/dungeonlab/demo_data.hpp"

#include "apps/dungeonlab/campaigns.hpp"
#include "apps/dungeonlab/documents.hpp"
#include "apps/dungeonlab/states.hpp"
#include "apps/dungeonlab/users.hpp"

#include <optional>

namespace apps::dungeonlab {

using socketio::Json;

namespace {

constexpr char plugin[] = "dnd-5e-2024";

std::string add_user(store::Database& database, std::string const& name,
                     std::string const& display_name, std::string const& password_hash) {
    return users::add(database, {name, name + "@example.com", password_hash, display_name})->id;
}

void add_character(store::Database& database, std::string const& name, std::string const& owner,
                   std::string const& campaign, Json data, std::int64_t now) {
    documents::NewDocument document;
    document.name = name;
    document.documentType = "character";
    document.pluginId = plugin;
    document.pluginDocumentType = "character";
    document.pluginData = std::move(data);
    document.campaignId = campaign;
    documents::add(database, document, owner, now);
}

}  // namespace

void add_demo_data(store::Database& database, std::string const& password_hash, std::int64_t now) {
    if (database.query("SELECT 1 FROM dungeonlab_users").step()) {
        return;
    }
    auto const gm = add_user(database, "gm", "Mo", password_hash);
    auto const ana = add_user(database, "ana", "Ana", password_hash);
    auto const ben = add_user(database, "ben", "Ben", password_hash);
    CampaignRecord road;
    road.name = "The Amber Road";
    road.description = "A trade road along the coast, and those who live off it.";
    road.pluginId = plugin;
    road.gameMasterId = gm;
    road.ownerId = gm;
    road.status = "active";
    auto const campaign = campaigns::add(database, road, now);
    campaigns::add_session(database, campaign, gm, "Table One", "active", now);
    add_character(database, "Rill", ana, campaign,
                  Json::object({{"class", "Rogue"},
                                {"home", "Sant\xC3\xB3"
                                         "ria"},
                                {"level", 3},
                                {"speed", 7.5}}),
                  now);
    add_character(database, "Tove", ben, campaign,
                  Json::object({{"class", "Cleric"},
                                {"home", "\xC3\x85"
                                         "lesund"},
                                {"level", 3},
                                {"speed", 0.1}}),
                  now);
    states::add(database, *campaigns::find(database, campaign));
}

}  // namespace apps::dungeonlab
