#include "apps/kaiku/kaiku_store.hpp"

#include "apps/auth/password.hpp"
#include "apps/common/uuid.hpp"
#include "apps/kaiku/messages.hpp"

#include <utility>

namespace apps::kaiku {

using auth::Account;
using store::Database;

namespace {

constexpr char message_columns[] =
    "SELECT id, channel_id, author_id, content, encrypted, IFNULL(reply_to, ''), created, edited "
    "FROM kaiku_messages WHERE ";

Message read_message(store::Query const& row) {
    return {row.text(0), row.text(1), row.text(2),    row.text(3),
            row.flag(4), row.text(5), row.integer(6), row.integer(7)};
}

std::optional<std::string> null_if_empty(std::string const& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<Account> read_account(store::Query& query) {
    return query.step() ? std::optional(Account{query.text(0), query.text(1), query.text(2)})
                        : std::nullopt;
}

std::optional<Account> find_account(Database& db, std::string const& username) {
    auto query = db.query("SELECT id, username, password_hash FROM kaiku_users WHERE username = ?");
    query.bind(username);
    return read_account(query);
}

std::optional<Account> get_account(Database& db, std::string const& id) {
    auto query = db.query("SELECT id, username, password_hash FROM kaiku_users WHERE id = ?");
    query.bind(id);
    return read_account(query);
}

bool add_account(Database& db, Account const& account, auth::RegisterRequest const& request,
                 std::int64_t time) {
    db.run("INSERT OR IGNORE INTO kaiku_users (id, username, display_name, email, password_hash, "
           "preferences_updated, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
           account.id, account.username, request.display_name.value_or(account.username),
           null_if_empty(request.email.value_or("")), account.password_hash, time, time);
    return db.changes() == 1;
}

void put_guild(Database& db, Guild const& guild) {
    db.run("INSERT INTO kaiku_guilds VALUES (?, ?, ?, ?)", guild.id, guild.name, guild.owner,
           guild.created);
}

void put_member(Database& db, Member const& member) {
    db.run("INSERT OR IGNORE INTO kaiku_guild_members VALUES (?, ?, ?)", member.guild, member.user,
           member.joined);
}

void put_channel(Database& db, Channel const& channel) {
    db.run("INSERT INTO kaiku_channels VALUES (?, ?, ?, ?, ?, ?, ?)", channel.id, channel.guild,
           channel.name, channel.type, channel.topic, channel.position, channel.created);
}

void put_friendship(Database& db, Friendship const& tie) {
    db.run("INSERT OR REPLACE INTO kaiku_friendships VALUES (?, ?, ?, ?, ?, ?)", tie.id,
           tie.requester, tie.addressee, tie.status, tie.created, tie.updated);
}

auto if_done(std::function<void()> announce) {
    return [announce = std::move(announce)](bool done) {
        if (done) {
            announce();
        }
    };
}

Preferences read_preferences(Database& db, std::string const& user) {
    auto query = db.query("SELECT preferences, preferences_updated FROM kaiku_users WHERE id = ?");
    query.bind(user);
    return query.step() ? Preferences{query.text(0), query.integer(1)} : Preferences{"{}", 0};
}

}  // namespace

Journal::State KaikuStore::load() {
    State state;
    auto& db = store_.database();
    for (auto row = db.query("SELECT id, username, display_name, IFNULL(email, ''), status, "
                             "created FROM kaiku_users");
         row.step();) {
        state.users.push_back(
            {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4), row.integer(5)});
    }
    for (auto row = db.query("SELECT id, name, owner_id, created FROM kaiku_guilds"); row.step();) {
        state.guilds.push_back({row.text(0), row.text(1), row.text(2), row.integer(3)});
    }
    for (auto row = db.query("SELECT guild_id, user_id, joined FROM kaiku_guild_members");
         row.step();) {
        state.members.push_back({row.text(0), row.text(1), row.integer(2)});
    }
    for (auto row = db.query("SELECT code, id, guild_id, created_by, created, expires, uses FROM "
                             "kaiku_invites");
         row.step();) {
        state.invites.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.integer(4),
                                 row.integer(5), row.integer(6)});
    }
    for (auto row = db.query("SELECT id, guild_id, name, channel_type, topic, position, created "
                             "FROM kaiku_channels");
         row.step();) {
        state.channels.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4),
                                  row.integer(5), row.integer(6)});
    }
    for (auto row = db.query("SELECT id, requester_id, addressee_id, status, created, updated "
                             "FROM kaiku_friendships");
         row.step();) {
        state.friendships.push_back(
            {row.text(0), row.text(1), row.text(2), row.text(3), row.integer(4), row.integer(5)});
    }
    return state;
}

void KaikuStore::status(std::string const& user, std::string const& status) {
    store_.tell("keeping a status", [=](Database& db) {
        db.run("UPDATE kaiku_users SET status = ? WHERE id = ?", status, user);
    });
}

void KaikuStore::guild(Guild const& guild) {
    store_.tell("keeping a guild", [guild](Database& db) { put_guild(db, guild); });
}

void KaikuStore::member(Member const& member) {
    store_.tell("keeping a member", [member](Database& db) { put_member(db, member); });
}

void KaikuStore::invite(Invite const& invite) {
    store_.tell("keeping an invitation", [invite](Database& db) {
        db.run("INSERT OR REPLACE INTO kaiku_invites VALUES (?, ?, ?, ?, ?, ?, ?)", invite.code,
               invite.id, invite.guild, invite.created_by, invite.created, invite.expires,
               invite.uses);
    });
}

void KaikuStore::invite_gone(std::string const& code) {
    store_.tell("ending an invitation",
                [code](Database& db) { db.run("DELETE FROM kaiku_invites WHERE code = ?", code); });
}

void KaikuStore::channel(Channel const& channel) {
    store_.tell("keeping a channel", [channel](Database& db) { put_channel(db, channel); });
}

void KaikuStore::friendship(Friendship const& friendship) {
    store_.tell("keeping a friendship",
                [friendship](Database& db) { put_friendship(db, friendship); });
}

void KaikuStore::friendship_gone(std::string const& id) {
    store_.tell("ending a friendship",
                [id](Database& db) { db.run("DELETE FROM kaiku_friendships WHERE id = ?", id); });
}

void KaikuStore::said(Message const& message) {
    store_.tell("keeping a message", [message](Database& db) {
        db.run("INSERT INTO kaiku_messages (id, channel_id, author_id, content, encrypted, "
               "reply_to, created, edited) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
               message.id, message.channel, message.author, message.content, message.encrypted,
               null_if_empty(message.reply_to), message.created);
        db.run("DELETE FROM kaiku_messages WHERE channel_id = ? AND number <= (SELECT number FROM "
               "kaiku_messages WHERE channel_id = ? ORDER BY number DESC LIMIT 1 OFFSET ?)",
               message.channel, message.channel, kept_messages);
    });
}

common::Later<std::optional<Message>> KaikuStore::message(std::string const& id) {
    auto const find = [id](Database& db) {
        auto query = db.query(std::string(message_columns) + "id = ?");
        query.bind(id);
        return query.step() ? std::optional(read_message(query)) : std::nullopt;
    };
    return store_.ask(find);
}

common::Later<bool> KaikuStore::edit(Message const& message, std::function<void()> announce) {
    auto const write = [message](Database& db) {
        db.run("UPDATE kaiku_messages SET content = ?, edited = ? WHERE id = ?", message.content,
               message.edited, message.id);
        return db.changes() == 1;
    };
    auto const heard = if_done(std::move(announce));
    return store_.ask(write, heard);
}

common::Later<bool> KaikuStore::remove(std::string const& message, std::function<void()> announce) {
    auto const write = [message](Database& db) {
        db.run("DELETE FROM kaiku_messages WHERE id = ?", message);
        return db.changes() == 1;
    };
    auto const heard = if_done(std::move(announce));
    return store_.ask(write, heard);
}

common::Later<Page> KaikuStore::history(std::string const& channel, std::string const& before,
                                        int limit) {
    auto const read = [=](Database& db) {
        // Without a `before`, or with one that is gone, from the end.
        auto query = db.query(std::string(message_columns) +
                              "channel_id = ? AND number < IFNULL((SELECT number FROM "
                              "kaiku_messages WHERE id = ?), 9223372036854775807) "
                              "ORDER BY number DESC LIMIT ?");
        query.bind(channel, before, limit + 1);
        Page page;
        while (query.step()) {
            page.messages.push_back(read_message(query));
        }
        page.more = page.messages.size() > static_cast<std::size_t>(limit);
        if (page.more) {
            page.messages.pop_back();
        }
        return page;
    };
    return store_.ask(read);
}

common::Later<Preferences> KaikuStore::preferences(std::string const& user) {
    auto const read = [user](Database& db) { return read_preferences(db, user); };
    return store_.ask(read);
}

common::Later<Preferences>
KaikuStore::set_preferences(std::string const& user, std::string const& text, std::int64_t now,
                            std::function<void(Preferences const&)> announce) {
    auto const write = [=](Database& db) {
        db.run("UPDATE kaiku_users SET preferences = ?, preferences_updated = ? WHERE id = ?", text,
               now, user);
        return read_preferences(db, user);
    };
    return store_.ask(write, announce);
}

auth::AccountRules KaikuStore::account_rules(std::chrono::seconds token_lifetime) {
    auth::AccountRules rules;
    rules.find = find_account;
    rules.get = get_account;
    rules.add = add_account;
    rules.answer = [token_lifetime](Account const&, std::string const& token) {
        return socketio::to_json(LoginAnswer{token, token_lifetime.count()});
    };
    rules.logins = "kaiku_logins";
    rules.cookie = "kaiku_refresh";
    rules.cookie_path = "/auth";
    return rules;
}

void KaikuStore::add_demo_data(Database& db, std::int64_t time) {
    if (db.query("SELECT 1 FROM kaiku_users LIMIT 1").step()) {
        return;
    }
    std::vector<std::string> ids;
    for (auto const& [name, display] :
         {std::pair("gm", "Mo"), std::pair("ana", "Ana"), std::pair("ben", "Ben")}) {
        ids.push_back(common::random_uuid());
        auth::RegisterRequest const request{name, "", std::string(name) + "@example.com",
                                            std::string(display)};
        add_account(db, {ids.back(), name, auth::hash_password("hubbub-demo")}, request, time);
        db.run("UPDATE kaiku_users SET preferences = ? WHERE id = ?",
               R"({"onboarding_completed":true})", ids.back());
    }
    Guild const harbor{common::random_uuid(), "Harbor", ids[0], time};
    put_guild(db, harbor);
    for (auto const& id : ids) {
        put_member(db, {harbor.id, id, time});
    }
    std::int64_t position = 0;
    for (auto const& [name, type] : {std::pair("general", "text"), std::pair("random", "text"),
                                     std::pair("lounge", "voice")}) {
        put_channel(db, {common::random_uuid(), harbor.id, name, type, "", position++, time});
    }
    put_friendship(db, {common::random_uuid(), ids[1], ids[2], "accepted", time, time});
}

}  // namespace apps::kaiku
