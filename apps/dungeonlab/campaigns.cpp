#include "apps/dungeonlab/campaigns.hpp"

#include "apps/dungeonlab/documents.hpp"
#include "apps/dungeonlab/ids.hpp"
#include "apps/dungeonlab/messages.hpp"
#include "apps/dungeonlab/users.hpp"
#include "socketio/json_codec.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

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

std::size_t count_sessions(store::Database& database, std::string_view campaign) {
    auto query = database.query("SELECT COUNT(*) FROM dungeonlab_sessions WHERE campaign_id = ?");
    query.bind(campaign).step();
    return static_cast<std::size_t>(query.integer(0));
}

std::optional<std::string> oldest_ended(store::Database& database, std::string_view campaign) {
    auto query = database.query("SELECT id FROM dungeonlab_sessions WHERE campaign_id = ? "
                                "AND status = 'ended' ORDER BY created_at, id LIMIT 1");
    return query.bind(campaign).step() ? std::optional(query.text(0)) : std::nullopt;
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

Opening add_session(store::Database& database, std::string const& campaign,
                    std::string const& game_master, std::string const& name,
                    std::string const& status, std::int64_t now) {
    Opening opening;
    if (count_sessions(database, campaign) >= max_sessions) {
        opening.gone = oldest_ended(database, campaign);
        if (!opening.gone) {
            return opening;
        }
        database.run("DELETE FROM dungeonlab_messages WHERE session_id = ?", *opening.gone);
        database.run("DELETE FROM dungeonlab_sessions WHERE id = ?", *opening.gone);
    }
    auto const& session = opening.made.emplace(SessionRecord{
        object_id(), name, campaign, game_master, status, Json::object(), iso_of(now)});
    database.run("INSERT INTO dungeonlab_sessions (id, name, campaign_id, game_master_id, status, "
                 "created_at) VALUES (?, ?, ?, ?, ?, ?)",
                 session.id, name, campaign, game_master, status, now);
    return opening;
}

void set_status(store::Database& database, std::string_view session, std::string_view status) {
    database.run("UPDATE dungeonlab_sessions SET status = ? WHERE id = ?", status, session);
}

std::vector<Json> full_sessions(store::Database& database, std::vector<Seated> const& sessions) {
    struct Facts {
        Json campaign, characters;
    };
    std::unordered_map<std::string, Facts> known;  // of each campaign, however many its sessions
    auto const facts_of = [&](std::string const& campaign) {
        return Facts{to_json(find(database, campaign)),
                     to_json(documents::characters(database, campaign,
                                                   documents::max_found_bytes / sessions.size()))};
    };
    std::vector<Json> list;
    for (auto const& [session, participants] : sessions) {
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
        auto facts = known.find(session.campaignId);
        if (facts == known.end()) {
            facts = known.emplace(session.campaignId, facts_of(session.campaignId)).first;
        }
        json.set("campaign", facts->second.campaign);
        json.set("characters", facts->second.characters);
        list.push_back(std::move(json));
    }
    return list;
}

void add_line(store::Database& database, Line const& line) {
    database.run("INSERT INTO dungeonlab_messages (session_id, sender_id, recipient_type, "
                 "recipient_id, text, metadata_json, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                 line.session, line.sender, line.recipient_type, line.recipient, line.text,
                 line.metadata, line.sent_at);
    database.run("DELETE FROM dungeonlab_messages WHERE session_id = ?1 AND id <= (SELECT id FROM "
                 "dungeonlab_messages WHERE session_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                 line.session, static_cast<std::int64_t>(max_lines));
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
