// The part of the archive that bounds what is kept, and deletes in pieces what is not any more.

#include "apps/eliza/archive.hpp"

namespace apps::eliza {

namespace {

// All messages there are: 0 would mean that there is nothing to sweep.
#define EVERYTHING "(SELECT max(1, coalesce(max(seq), 0)) FROM eliza_messages)"

struct Leftovers {
    std::string channel;
    std::int64_t cleared_to;
    bool removed;
};

std::optional<Leftovers> next_leftovers(store::Database& database) {
    auto query = database.query("SELECT id, cleared_to, removed FROM eliza_channels "
                                "WHERE cleared_to > 0 LIMIT 1");
    return query.step() ? std::optional(Leftovers{query.text(0), query.integer(1), query.flag(2)})
                        : std::nullopt;
}

}  // namespace

// Its channels belong to another one until they are deleted.
void Archive::remove_server(std::string const& id) {
    db_.run("UPDATE eliza_channels SET removed = 1, messages = 0, cleared_to = " EVERYTHING
            ", server_id = ? WHERE server_id = ?",
            default_server_id, id);
    db_.run("DELETE FROM eliza_servers WHERE id = ?", id);
}

bool Archive::remove_channel(std::string const& id) {
    db_.run("UPDATE eliza_channels SET removed = 1, messages = 0, cleared_to = " EVERYTHING
            ", server_id = ? WHERE id = ? AND removed = 0",
            default_server_id, id);
    return db_.changes() > 0;
}

int Archive::clear(std::string const& channel) {
    int removed = 0;
    {
        auto query = db_.query("SELECT messages FROM eliza_channels WHERE id = ?");
        removed = query.bind(channel).step() ? static_cast<int>(query.integer(0)) : 0;
    }
    if (removed > 0) {
        db_.run("UPDATE eliza_channels SET messages = 0, cleared_to = " EVERYTHING " WHERE id = ?",
                channel);
    }
    return removed;
}

void Archive::trim(std::string const& channel, std::size_t keep) {
    std::int64_t over = 0;
    {
        auto query = db_.query("SELECT messages FROM eliza_channels WHERE id = ?");
        auto const kept = static_cast<std::int64_t>(keep);
        over = query.bind(channel).step() ? query.integer(0) - kept : 0;
    }
    if (over > 0) {
        shorten(channel, over);
    }
}

// What one takes may all be in participants, of which nothing can be forgotten.
std::string Archive::heaviest_channel(std::size_t share) {
    auto makers = db_.query("SELECT maker FROM eliza_makers WHERE maker <> '' AND bytes >= ? "
                            "ORDER BY bytes DESC");
    makers.bind(static_cast<std::int64_t>(share));
    while (makers.step()) {
        auto query = db_.query("SELECT id FROM eliza_channels WHERE messages > 0 AND maker = ? "
                               "ORDER BY bytes DESC LIMIT 1");
        if (query.bind(makers.text(0)).step()) {
            return query.text(0);
        }
    }
    auto query = db_.query("SELECT id FROM eliza_channels WHERE messages > 0 "
                           "ORDER BY bytes DESC LIMIT 1");
    return query.step() ? query.text(0) : std::string();
}

bool Archive::shorten_heaviest(std::size_t messages, std::size_t share) {
    auto const heaviest = heaviest_channel(share);
    return !heaviest.empty() && shorten(heaviest, static_cast<std::int64_t>(messages)) > 0;
}

int Archive::shorten(std::string const& channel, std::int64_t messages) {
    db_.run("DELETE FROM eliza_messages WHERE seq IN (SELECT m.seq FROM eliza_messages m "
            "JOIN eliza_channels c ON c.id = m.channel_id AND m.seq > c.cleared_to "
            "WHERE m.channel_id = ? ORDER BY m.created_at, m.seq LIMIT ?)",
            channel, messages);
    return db_.changes();
}

std::size_t Archive::bytes() {
    auto query = db_.query("SELECT bytes FROM eliza_total");
    return query.step() ? static_cast<std::size_t>(query.integer(0)) : 0;
}

bool Archive::sweep(std::size_t rows) {
    bool swept = false;
    auto left = static_cast<std::int64_t>(rows);
    while (left > 0) {
        auto const found = next_leftovers(db_);
        if (!found) {
            break;
        }
        swept = true;
        db_.run("DELETE FROM eliza_messages WHERE seq IN (SELECT seq FROM eliza_messages "
                "WHERE channel_id = ? AND seq <= ? ORDER BY created_at, seq LIMIT ?)",
                found->channel, found->cleared_to, left);
        left -= db_.changes();
        if (left <= 0) {
            break;
        }
        if (found->removed) {
            db_.run("DELETE FROM eliza_participants WHERE channel_id = ?", found->channel);
            left -= db_.changes();
            db_.run("DELETE FROM eliza_channels WHERE id = ?", found->channel);
        } else {
            db_.run("UPDATE eliza_channels SET cleared_to = 0 WHERE id = ?", found->channel);
        }
        --left;
    }
    return swept;
}

#undef EVERYTHING

}  // namespace apps::eliza
