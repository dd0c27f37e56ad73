#include "apps/eliza/archive.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace apps::eliza {

using socketio::Json;
using store::Query;

namespace {

#define CHANNEL_COLUMNS                                                                            \
    "c.id, c.server_id, c.name, c.type, c.source_type, c.metadata_json, c.created_at, "            \
    "c.updated_at, c.maker"

#define BARE_CHANNEL_COLUMNS                                                                       \
    "c.id, c.server_id, c.name, c.type, c.source_type, '{}', c.created_at, c.updated_at, c.maker"

// Of anybody (NULL), or of one; bound twice.
#define HAS_PARTICIPANT                                                                            \
    "(? IS NULL OR EXISTS (SELECT 1 FROM eliza_participants p "                                    \
    "WHERE p.channel_id = c.id AND p.entity_id = ?))"

#define MESSAGE_COLUMNS                                                                            \
    "m.id, m.channel_id, c.server_id, m.author_id, m.author_name, m.content, m.source_type, "      \
    "m.client_id, m.in_reply_to, m.metadata_json, m.created_at, m.updated_at "                     \
    "FROM eliza_messages m "                                                                       \
    "JOIN eliza_channels c ON c.id = m.channel_id AND m.seq > c.cleared_to "

Json json_of(std::string const& text) {
    return Json::parse(text).value_or(Json::object());
}

Server server_of(Query const& row) {
    return {row.text(0),          row.text(1),    row.text(2),
            json_of(row.text(3)), row.integer(4), row.integer(5)};
}

AgentState agent_of(Query const& row) {
    return {row.text(0), row.text(1), row.text(2), row.flag(3), row.integer(4), row.integer(5)};
}

Channel channel_of(Query const& row) {
    return {row.text(0),    row.text(1),
            row.text(2),    row.text(3) == "DM" ? ChannelType::dm : ChannelType::group,
            row.text(4),    json_of(row.text(5)),
            row.integer(6), row.integer(7),
            row.text(8)};
}

Message message_of(Query const& row) {
    return {row.text(0),          row.text(1),
            row.text(2),          row.text(3),
            row.text(4),          row.text(5),
            row.text(6),          row.optional_text(7),
            row.optional_text(8), socketio::RawJson::parse(row.text(9)).value_or(no_metadata()),
            row.integer(10),      row.integer(11)};
}

Participant participant_of(Query const& row) {
    return {row.text(0), row.text(1)};
}

template <class T>
std::optional<T> first(Query& query, T (*read)(Query const&)) {
    return query.step() ? std::optional(read(query)) : std::nullopt;
}

template <class T>
std::vector<T> all(Query& query, T (*read)(Query const&)) {
    std::vector<T> rows;
    while (query.step()) {
        rows.push_back(read(query));
    }
    return rows;
}

// Stops where the budget ends.
template <class T>
std::vector<T> all(Query& query, T (*read)(Query const&), Budget& budget) {
    std::vector<T> rows;
    while (query.step()) {
        auto row = read(query);
        if (!budget.take(weight_of(row))) {
            break;
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string text_of(Query const& row) {
    return row.text(0);
}

}  // namespace

void Archive::put(Server const& server) {
    db_.run("INSERT INTO eliza_servers VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
            "metadata_json = excluded.metadata_json, updated_at = excluded.updated_at",
            server.id, server.name, server.source_type, server.metadata.dump(), server.created_at,
            server.updated_at);
}

std::optional<Server> Archive::server(std::string const& id) {
    auto query = db_.query("SELECT * FROM eliza_servers WHERE id = ?");
    return first(query.bind(id), server_of);
}

std::vector<Server> Archive::servers(Budget budget) {
    auto query = db_.query("SELECT * FROM eliza_servers ORDER BY created_at, id");
    return all(query, server_of, budget);
}

std::size_t Archive::count_servers() {
    auto query = db_.query("SELECT count(*) FROM eliza_servers");
    query.step();
    return static_cast<std::size_t>(query.integer(0));
}

void Archive::know(AgentState const& agent) {
    db_.run("INSERT INTO eliza_agents VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, bio = excluded.bio",
            agent.id, agent.name, agent.bio, agent.active, agent.created_at, agent.updated_at);
}

std::optional<AgentState> Archive::agent(std::string const& id) {
    auto query = db_.query("SELECT * FROM eliza_agents WHERE id = ?");
    return first(query.bind(id), agent_of);
}

std::vector<AgentState> Archive::agents() {
    auto query = db_.query("SELECT * FROM eliza_agents ORDER BY name, id");
    return all(query, agent_of);
}

void Archive::set_active(std::string const& agent, bool active, std::int64_t now) {
    db_.run("UPDATE eliza_agents SET active = ?, updated_at = ? WHERE id = ?", active, now, agent);
}

void Archive::add_to_server(std::string const& server, std::string const& agent) {
    db_.run("INSERT OR IGNORE INTO eliza_server_agents VALUES (?, ?)", server, agent);
}

bool Archive::remove_from_server(std::string const& server, std::string const& agent) {
    db_.run("DELETE FROM eliza_server_agents WHERE server_id = ? AND agent_id = ?", server, agent);
    return db_.changes() > 0;
}

std::vector<std::string> Archive::agents_of_server(std::string const& server) {
    auto query = db_.query("SELECT agent_id FROM eliza_server_agents WHERE server_id = ?");
    return all(query.bind(server), text_of);
}

std::vector<std::string> Archive::servers_of_agent(std::string const& agent) {
    auto query = db_.query("SELECT server_id FROM eliza_server_agents WHERE agent_id = ?");
    return all(query.bind(agent), text_of);
}

// It may be made again before the leftovers of one with the same id are deleted.
void Archive::put(Channel const& channel) {
    db_.run("DELETE FROM eliza_participants WHERE channel_id = "
            "(SELECT id FROM eliza_channels WHERE id = ? AND removed = 1)",
            channel.id);
    db_.run("INSERT INTO eliza_channels (id, server_id, name, type, source_type, metadata_json, "
            "created_at, updated_at, maker) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET server_id = excluded.server_id, name = excluded.name, "
            "type = excluded.type, source_type = excluded.source_type, "
            "metadata_json = excluded.metadata_json, created_at = excluded.created_at, "
            "updated_at = excluded.updated_at, maker = excluded.maker, removed = 0",
            channel.id, channel.server_id, channel.name,
            channel.type == ChannelType::dm ? "DM" : "GROUP", channel.source_type,
            channel.metadata.dump(), channel.created_at, channel.updated_at, channel.maker);
}

std::optional<Channel> Archive::channel(std::string const& id) {
    auto query = db_.query("SELECT " CHANNEL_COLUMNS " FROM eliza_channels c "
                           "WHERE c.id = ? AND c.removed = 0");
    return first(query.bind(id), channel_of);
}

std::vector<Channel> Archive::channels_of(std::string const& server,
                                          std::optional<std::string> const& participant,
                                          std::size_t limit, Budget budget) {
    auto query = db_.query("SELECT " CHANNEL_COLUMNS " FROM eliza_channels c "
                           "WHERE " HAS_PARTICIPANT " AND c.server_id = ? AND c.removed = 0 "
                           "ORDER BY c.created_at DESC, c.id LIMIT ?");
    query.bind(participant, participant, server, static_cast<std::int64_t>(limit));
    return all(query, channel_of, budget);
}

// CROSS JOIN: from whom it is about to what it takes part in, not the other way round.
std::vector<Channel> Archive::latest_channels(std::optional<std::string> const& participant,
                                              std::size_t limit) {
    auto query = participant
                     ? db_.query("SELECT " BARE_CHANNEL_COLUMNS " FROM eliza_participants p "
                                 "CROSS JOIN eliza_channels c ON c.id = p.channel_id "
                                 "WHERE p.entity_id = ? AND c.removed = 0 "
                                 "ORDER BY c.updated_at DESC, c.id LIMIT ?")
                     : db_.query("SELECT " BARE_CHANNEL_COLUMNS " FROM eliza_channels c "
                                 "WHERE c.removed = 0 ORDER BY c.updated_at DESC, c.id LIMIT ?");
    if (participant) {
        query.bind(*participant);
    }
    return all(query.bind(static_cast<std::int64_t>(limit)), channel_of);
}

std::optional<Channel> Archive::dm_between(std::string const& a, std::string const& b) {
    auto query =
        db_.query("SELECT " CHANNEL_COLUMNS " FROM eliza_channels c "
                  "JOIN eliza_participants p ON p.channel_id = c.id AND p.entity_id = ? "
                  "JOIN eliza_participants q ON q.channel_id = c.id AND q.entity_id = ? "
                  "WHERE c.type = 'DM' AND c.removed = 0 AND "
                  "(SELECT count(*) FROM eliza_participants o WHERE o.channel_id = c.id) = 2 "
                  "ORDER BY c.created_at LIMIT 1");
    return first(query.bind(a, b), channel_of);
}

std::size_t Archive::count_channels() {
    auto query = db_.query("SELECT count(*) FROM eliza_channels WHERE removed = 0");
    query.step();
    return static_cast<std::size_t>(query.integer(0));
}

std::optional<std::string> Archive::most_dispensable_channel(InUse const& in_use) {
    // Nothing, or one line and an agent's answer; as in the index.
    auto query = db_.query("SELECT id FROM eliza_channels WHERE removed = 0 "
                           "ORDER BY messages > 2, updated_at");
    while (query.step()) {
        if (auto id = query.text(0); !in_use(id)) {
            return id;
        }
    }
    return std::nullopt;
}

std::optional<std::string> Archive::most_dispensable_channel(std::string const& maker,
                                                             InUse const& in_use,
                                                             std::size_t most_used) {
    auto query = db_.query("SELECT id FROM eliza_channels WHERE removed = 0 AND maker = ? "
                           "ORDER BY messages > 2, updated_at LIMIT ?");
    query.bind(maker, static_cast<std::int64_t>(most_used + 1));
    std::string first;
    std::size_t used = 0;
    while (query.step()) {
        auto id = query.text(0);
        if (!in_use(id)) {
            return id;
        }
        if (used++ == 0) {
            first = std::move(id);
        }
    }
    return used > most_used ? std::optional(std::move(first)) : std::nullopt;
}

std::vector<std::string> Archive::makers_of_channels(std::size_t channels) {
    auto query = db_.query("SELECT maker FROM eliza_makers WHERE maker <> '' AND channels >= ? "
                           "ORDER BY channels DESC");
    return all(query.bind(static_cast<std::int64_t>(channels)), text_of);
}

bool Archive::add_participant(std::string const& channel, std::string const& entity) {
    db_.run("INSERT OR IGNORE INTO eliza_participants (channel_id, entity_id) VALUES (?, ?)",
            channel, entity);
    return db_.changes() > 0;
}

bool Archive::remove_participant(std::string const& channel, std::string const& entity) {
    db_.run("DELETE FROM eliza_participants WHERE channel_id = ? AND entity_id = ?", channel,
            entity);
    return db_.changes() > 0;
}

// Who stays keeps its row, and with it its name.
void Archive::put_participants(std::string const& channel,
                               std::vector<std::string> const& entities) {
    auto const wanted = [&](std::string const& id) {
        return std::find(entities.begin(), entities.end(), id) != entities.end();
    };
    for (auto const& present : participants(channel)) {
        if (!wanted(present)) {
            remove_participant(channel, present);
        }
    }
    for (auto each = entities.begin(); each != entities.end(); ++each) {
        bool const again = std::find(entities.begin(), each, *each) != each;
        if (!again && !add_participant(channel, *each)) {
            db_.run("UPDATE eliza_participants SET seq = "
                    "(SELECT max(seq) FROM eliza_participants) + 1 "
                    "WHERE channel_id = ? AND entity_id = ?",
                    channel, *each);
        }
    }
}

bool Archive::is_participant(std::string const& channel, std::string const& entity) {
    auto query =
        db_.query("SELECT 1 FROM eliza_participants WHERE channel_id = ? AND entity_id = ?");
    return query.bind(channel, entity).step();
}

std::vector<std::string> Archive::participants(std::string const& channel) {
    auto query =
        db_.query("SELECT entity_id FROM eliza_participants WHERE channel_id = ? ORDER BY seq");
    return all(query.bind(channel), text_of);
}

std::vector<Participant> Archive::named_participants(std::string const& channel) {
    auto query = db_.query("SELECT p.entity_id, coalesce(e.name, '') FROM eliza_participants p "
                           "LEFT JOIN eliza_entities e ON e.id = p.entity_id "
                           "WHERE p.channel_id = ? ORDER BY p.seq");
    return all(query.bind(channel), participant_of);
}

void Archive::name_entity(std::string const& id, std::string const& name) {
    db_.run("INSERT INTO eliza_entities VALUES (?, ?) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE name <> excluded.name",
            id, name);
}

// Above all of the channel that are gone already; one of those may have the same client's id.
void Archive::put(Message const& message) {
    if (message.client_id) {
        db_.run("DELETE FROM eliza_messages "
                "WHERE channel_id = ? AND author_id = ? AND client_id = ?",
                message.channel_id, message.author_id, *message.client_id);
    }
    db_.run("INSERT INTO eliza_messages (seq, id, channel_id, author_id, author_name, content, "
            "source_type, client_id, in_reply_to, metadata_json, created_at, updated_at) "
            "SELECT 1 + max(cleared_to, (SELECT coalesce(max(seq), 0) FROM eliza_messages)), "
            "?, id, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM eliza_channels WHERE id = ?",
            message.id, message.author_id, message.author_name, message.content,
            message.source_type, message.client_id, message.in_reply_to, message.metadata.text(),
            message.created_at, message.updated_at, message.channel_id);
}

std::optional<Message> Archive::message(std::string const& id) {
    auto query = db_.query("SELECT " MESSAGE_COLUMNS "WHERE m.id = ?");
    return first(query.bind(id), message_of);
}

std::optional<Message> Archive::sent_before(std::string const& channel, std::string const& author,
                                            std::string const& client_id) {
    auto query = db_.query("SELECT " MESSAGE_COLUMNS
                           "WHERE m.channel_id = ? AND m.author_id = ? AND m.client_id = ?");
    return first(query.bind(channel, author, client_id), message_of);
}

std::vector<Message> Archive::page(std::string const& channel, std::size_t limit,
                                   std::optional<std::int64_t> before,
                                   std::optional<std::int64_t> after, Budget& budget) {
    auto query = db_.query("SELECT " MESSAGE_COLUMNS
                           "WHERE m.channel_id = ? AND m.created_at < ? AND m.created_at > ? "
                           "ORDER BY m.created_at DESC, m.seq DESC LIMIT ?");
    query.bind(channel, before.value_or(std::numeric_limits<std::int64_t>::max()),
               after.value_or(-1), static_cast<std::int64_t>(limit));
    return all(query, message_of, budget);
}

std::int64_t Archive::last_said(std::string const& channel) {
    auto query = db_.query("SELECT coalesce(max(created_at), -1) FROM eliza_messages "
                           "WHERE channel_id = ?");
    query.bind(channel).step();
    return query.integer(0);
}

bool Archive::remove_message(std::string const& channel, std::string const& id) {
    db_.run("DELETE FROM eliza_messages WHERE channel_id = ? AND id = ?", channel, id);
    return db_.changes() > 0;
}

#undef BARE_CHANNEL_COLUMNS
#undef CHANNEL_COLUMNS
#undef HAS_PARTICIPANT
#undef MESSAGE_COLUMNS

}  // namespace apps::eliza
