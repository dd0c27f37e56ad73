#include "apps/eliza/archive.hpp"

#include <limits>
#include <utility>

namespace apps::eliza {

using socketio::Json;
using store::Query;

namespace {

#define CHANNEL_COLUMNS                                                                            \
    "c.id, c.server_id, c.name, c.type, c.source_type, c.metadata_json, c.created_at, "            \
    "c.updated_at"

// Of anybody (NULL), or of one; bound twice.
#define HAS_PARTICIPANT                                                                            \
    "(? IS NULL OR EXISTS (SELECT 1 FROM eliza_participants p "                                    \
    "WHERE p.channel_id = c.id AND p.entity_id = ?))"

#define MESSAGE_COLUMNS                                                                            \
    "m.id, m.channel_id, c.server_id, m.author_id, m.author_name, m.content, m.source_type, "      \
    "m.client_id, m.in_reply_to, m.metadata_json, m.created_at, m.updated_at "                     \
    "FROM eliza_messages m JOIN eliza_channels c ON c.id = m.channel_id "

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
            row.integer(6), row.integer(7)};
}

Message message_of(Query const& row) {
    return {row.text(0),          row.text(1),          row.text(2),     row.text(3),
            row.text(4),          row.text(5),          row.text(6),     row.optional_text(7),
            row.optional_text(8), json_of(row.text(9)), row.integer(10), row.integer(11)};
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

void Archive::remove_server(std::string const& id) {
    db_.run("DELETE FROM eliza_servers WHERE id = ?", id);
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

void Archive::put(Channel const& channel) {
    db_.run("INSERT INTO eliza_channels VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
            "metadata_json = excluded.metadata_json, updated_at = excluded.updated_at",
            channel.id, channel.server_id, channel.name,
            channel.type == ChannelType::dm ? "DM" : "GROUP", channel.source_type,
            channel.metadata.dump(), channel.created_at, channel.updated_at);
}

std::optional<Channel> Archive::channel(std::string const& id) {
    auto query = db_.query("SELECT " CHANNEL_COLUMNS " FROM eliza_channels c WHERE c.id = ?");
    return first(query.bind(id), channel_of);
}

std::vector<Channel> Archive::channels_of(std::string const& server,
                                          std::optional<std::string> const& participant,
                                          std::size_t limit, Budget budget) {
    auto query = db_.query("SELECT " CHANNEL_COLUMNS " FROM eliza_channels c "
                           "WHERE " HAS_PARTICIPANT " AND c.server_id = ? "
                           "ORDER BY c.created_at DESC, c.id LIMIT ?");
    query.bind(participant, participant, server, static_cast<std::int64_t>(limit));
    return all(query, channel_of, budget);
}

std::vector<Channel> Archive::latest_channels(std::optional<std::string> const& participant,
                                              std::size_t limit) {
    auto query = db_.query("SELECT c.id, c.server_id, c.name, c.type, c.source_type, '{}', "
                           "c.created_at, c.updated_at FROM eliza_channels c "
                           "WHERE " HAS_PARTICIPANT " ORDER BY c.updated_at DESC, c.id LIMIT ?");
    query.bind(participant, participant, static_cast<std::int64_t>(limit));
    return all(query, channel_of);
}

std::optional<Channel> Archive::dm_between(std::string const& a, std::string const& b) {
    auto query =
        db_.query("SELECT " CHANNEL_COLUMNS " FROM eliza_channels c "
                  "JOIN eliza_participants p ON p.channel_id = c.id AND p.entity_id = ? "
                  "JOIN eliza_participants q ON q.channel_id = c.id AND q.entity_id = ? "
                  "WHERE c.type = 'DM' AND "
                  "(SELECT count(*) FROM eliza_participants o WHERE o.channel_id = c.id) = 2 "
                  "ORDER BY c.created_at LIMIT 1");
    return first(query.bind(a, b), channel_of);
}

std::size_t Archive::count_channels() {
    auto query = db_.query("SELECT count(*) FROM eliza_channels");
    query.step();
    return static_cast<std::size_t>(query.integer(0));
}

bool Archive::remove_channel(std::string const& id) {
    db_.run("DELETE FROM eliza_channels WHERE id = ?", id);
    return db_.changes() > 0;
}

std::optional<std::string>
Archive::most_dispensable_channel(std::function<bool(std::string const& id)> const& in_use) {
    // Nothing, or one line and an agent's answer; as in the index.
    auto query = db_.query("SELECT id FROM eliza_channels ORDER BY messages > 2, updated_at");
    while (query.step()) {
        if (auto id = query.text(0); !in_use(id)) {
            return id;
        }
    }
    return std::nullopt;
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

void Archive::name_entity(std::string const& id, std::string const& name) {
    db_.run("INSERT INTO eliza_entities VALUES (?, ?) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE name <> excluded.name",
            id, name);
}

void Archive::forget_names() {
    db_.run("DELETE FROM eliza_entities WHERE id NOT IN "
            "(SELECT entity_id FROM eliza_participants)");
}

std::string Archive::name_of(std::string const& entity) {
    auto query = db_.query("SELECT name FROM eliza_entities WHERE id = ?");
    return query.bind(entity).step() ? query.text(0) : std::string();
}

void Archive::put(Message const& message) {
    db_.run("INSERT INTO eliza_messages (id, channel_id, author_id, author_name, content, "
            "source_type, client_id, in_reply_to, metadata_json, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            message.id, message.channel_id, message.author_id, message.author_name, message.content,
            message.source_type, message.client_id, message.in_reply_to, message.metadata.dump(),
            message.created_at, message.updated_at);
    db_.run("UPDATE eliza_channels SET updated_at = ?, messages = messages + 1 WHERE id = ?",
            message.created_at, message.channel_id);
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

bool Archive::remove_message(std::string const& channel, std::string const& id) {
    db_.run("DELETE FROM eliza_messages WHERE channel_id = ? AND id = ?", channel, id);
    bool const removed = db_.changes() > 0;
    if (removed) {
        db_.run("UPDATE eliza_channels SET messages = messages - 1 WHERE id = ?", channel);
    }
    return removed;
}

int Archive::clear(std::string const& channel) {
    db_.run("DELETE FROM eliza_messages WHERE channel_id = ?", channel);
    auto const removed = db_.changes();
    db_.run("UPDATE eliza_channels SET messages = 0 WHERE id = ?", channel);
    return removed;
}

void Archive::trim(std::string const& channel, std::size_t keep) {
    auto query = db_.query("SELECT messages FROM eliza_channels WHERE id = ?");
    auto const kept = static_cast<std::int64_t>(keep);
    auto const over = query.bind(channel).step() ? query.integer(0) - kept : 0;
    if (over <= 0) {
        return;
    }
    db_.run("DELETE FROM eliza_messages WHERE seq IN (SELECT seq FROM eliza_messages "
            "WHERE channel_id = ? ORDER BY created_at, seq LIMIT ?)",
            channel, over);
    db_.run("UPDATE eliza_channels SET messages = ? WHERE id = ?", kept, channel);
}

#undef CHANNEL_COLUMNS
#undef HAS_PARTICIPANT
#undef MESSAGE_COLUMNS

}  // namespace apps::eliza
