#include "apps/dungeonlab/campaigns.hpp"

#include "apps/dungeonlab/documents.hpp"
#include "apps/dungeonlab/ids.hpp"
#include "apps/dungeonlab/messages.hpp"
#include "apps/dungeonlab/users.hpp"
#include "socketio/json_codec.hpp"

#include <algorithm>

namespace apps::dungeonlab::campaigns {

using socketio::Json;
using socketio::to_json;

namespace {

CampaignRecord read_campaign(store::Query const& query) {
    CampaignRecord campaign;
    campaign.id = query.text(0);
    campaign.name = query.text(1);
    campaign.description = query.text(2);
    campaign.pluginId = query.text(3);
    campaign.gameMasterId = query.text(4);
    campaign.ownerId = query.text(5);
    campaign.status = query.text(6);
    campaign.pluginData = Json::parse(query.text(7)).value_or(Json::object());
    campaign.createdAt = iso_of(query.integer(8));
    campaign.gameStateId = query.optional_text(9);
    return campaign;
}

void add_characters(store::Database& database, CampaignRecord& campaign) {
    auto query =
        database.query("SELECT id FROM dungeonlab_documents "
                       "WHERE campaign_id = ? AND document_type = 'character' ORDER BY id");
    query.bind(campaign.id);
    while (query.step()) {
        campaign.characterIds.push_back(query.text(0));
    }
}

SessionRecord read_session(store::Query const& query) {
    return {query.text(0),           query.text(1),
            query.text(2),           query.text(3),
            query.text(4),           Json::parse(query.text(5)).value_or(Json::object()),
            iso_of(query.integer(6))};
}

// What others may know of a person: no address, preferences or profile.
Json view_of(User const& user) {
    return to_json(UserData{user.id, user.username, user.name, user.is_admin, std::nullopt});
}

}  // namespace

std::vector<CampaignRecord> of_user(store::Database& database, std::string_view user) {
    std::vector<CampaignRecord> list;
    {
        auto query = database.query(
            "SELECT c.id, c.name, c.description, c.plugin_id, c.game_master_id, c.owner_id, "
            "c.status, c.plugin_data_json, c.created_at, s.id FROM dungeonlab_campaigns c "
            "LEFT JOIN dungeonlab_states s ON s.campaign_id = c.id "
            "WHERE c.game_master_id = ?1 OR c.owner_id = ?1 OR EXISTS (SELECT 1 FROM "
            "dungeonlab_documents d WHERE d.campaign_id = c.id AND d.owner_id = ?1 "
            "AND d.document_type = 'character') ORDER BY c.created_at, c.id");
        query.bind(user);
        while (query.step()) {
            list.push_back(read_campaign(query));
        }
    }
    for (auto& campaign : list) {
        add_characters(database, campaign);
    }
    return list;
}

std::optional<CampaignRecord> find(store::Database& database, std::string_view id) {
    auto query = database.query(
        "SELECT c.id, c.name, c.description, c.plugin_id, c.game_master_id, c.owner_id, c.status, "
        "c.plugin_data_json, c.created_at, s.id FROM dungeonlab_campaigns c "
        "LEFT JOIN dungeonlab_states s ON s.campaign_id = c.id WHERE c.id = ?");
    if (!query.bind(id).step()) {
        return std::nullopt;
    }
    auto campaign = read_campaign(query);
    add_characters(database, campaign);
    return campaign;
}

std::string add(store::Database& database, CampaignRecord const& campaign, std::int64_t now) {
    auto id = object_id();
    database.run("INSERT INTO dungeonlab_campaigns (id, name, description, plugin_id, "
                 "game_master_id, owner_id, status, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                 id, campaign.name, campaign.description, campaign.pluginId, campaign.gameMasterId,
                 campaign.ownerId, campaign.status, now);
    return id;
}

std::vector<SessionRecord> sessions_of_user(store::Database& database, std::string_view user,
                                            std::optional<std::string> const& campaign,
                                            std::optional<std::string> const& status) {
    std::vector<SessionRecord> list;
    auto query = database.query(
        "SELECT g.id, g.name, g.campaign_id, g.game_master_id, g.status, g.settings_json, "
        "g.created_at FROM dungeonlab_sessions g "
        "JOIN dungeonlab_campaigns c ON c.id = g.campaign_id "
        "WHERE (g.game_master_id = ?1 OR c.owner_id = ?1 OR EXISTS (SELECT 1 FROM "
        "dungeonlab_documents d WHERE d.campaign_id = c.id AND d.owner_id = ?1 "
        "AND d.document_type = 'character')) AND (?2 IS NULL OR g.campaign_id = ?2) "
        "AND (?3 IS NULL OR g.status = ?3) ORDER BY g.created_at, g.id");
    query.bind(user, campaign, status);
    while (query.step()) {
        list.push_back(read_session(query));
    }
    return list;
}

std::optional<SessionRecord> find_session(store::Database& database, std::string_view id) {
    auto query =
        database.query("SELECT id, name, campaign_id, game_master_id, status, settings_json, "
                       "created_at FROM dungeonlab_sessions WHERE id = ?");
    return query.bind(id).step() ? std::optional(read_session(query)) : std::nullopt;
}

SessionRecord add_session(store::Database& database, std::string const& campaign,
                          std::string const& game_master, std::string const& name,
                          std::string const& status, std::int64_t now) {
    SessionRecord session{object_id(), name,           campaign,   game_master,
                          status,      Json::object(), iso_of(now)};
    database.run("INSERT INTO dungeonlab_sessions (id, name, campaign_id, game_master_id, status, "
                 "created_at) VALUES (?, ?, ?, ?, ?, ?)",
                 session.id, name, campaign, game_master, status, now);
    return session;
}

void set_status(store::Database& database, std::string_view session, std::string_view status) {
    database.run("UPDATE dungeonlab_sessions SET status = ? WHERE id = ?", status, session);
}

Json full_session(store::Database& database, SessionRecord const& session,
                  std::vector<std::string> const& participants) {
    auto json = to_json(session);
    json.set("participantIds", to_json(participants));
    Json people = Json::array();
    for (auto const& id : participants) {
        if (auto const user = users::find_user(database, id)) {
            people.push_back(view_of(*user));
        }
    }
    json.set("participants", std::move(people));
    if (auto const user = users::find_user(database, session.gameMasterId)) {
        json.set("gameMaster", view_of(*user));
    }
    if (auto const campaign = find(database, session.campaignId)) {
        json.set("campaign", to_json(*campaign));
    }
    documents::Search characters;
    characters.documentType = "character";
    characters.campaignId = session.campaignId;
    json.set("characters", to_json(documents::search(database, characters)));
    return json;
}

void add_line(store::Database& database, Line const& line) {
    database.run("INSERT INTO dungeonlab_messages (session_id, sender_id, recipient_type, "
                 "recipient_id, text, metadata_json, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                 line.session, line.sender, line.recipient_type, line.recipient, line.text,
                 line.metadata, line.sent_at);
}

Json history(store::Database& database, std::string_view session, int limit) {
    auto query = database.query(
        "SELECT id, sender_id, text, metadata_json, sent_at FROM dungeonlab_messages "
        "WHERE session_id = ? AND recipient_type = 'session' ORDER BY id DESC LIMIT ?");
    query.bind(session, limit);
    Json::Array lines;
    std::size_t bytes = 0;
    while (query.step()) {
        auto const text = query.text(2);
        auto const metadata = query.text(3);
        bytes += text.size() + metadata.size();
        if (bytes > max_history_bytes && !lines.empty()) {
            break;
        }
        lines.push_back(Json::object({{"id", query.integer(0)},
                                      {"senderId", query.text(1)},
                                      {"message", text},
                                      {"metadata", Json::parse(metadata).value_or(Json::object())},
                                      {"timestamp", iso_of(query.integer(4))}}));
    }
    std::reverse(lines.begin(), lines.end());
    return lines;
}

void load(store::Database& database, Directory& directory) {
    auto campaigns = database.query("SELECT id, game_master_id FROM dungeonlab_campaigns");
    while (campaigns.step()) {
        directory.put_campaign(campaigns.text(0), campaigns.text(1));
    }
    auto sessions =
        database.query("SELECT id, campaign_id, game_master_id, status FROM dungeonlab_sessions");
    while (sessions.step()) {
        directory.put_session(sessions.text(0),
                              {sessions.text(1), sessions.text(2), sessions.text(3)});
    }
    auto characters =
        database.query("SELECT id, name, campaign_id, owner_id FROM dungeonlab_documents "
                       "WHERE document_type = 'character' AND campaign_id NOT NULL");
    while (characters.step()) {
        directory.put_character(characters.text(0),
                                {characters.text(1), characters.text(2), characters.text(3)});
    }
}

}  // namespace apps::dungeonlab::campaigns
