#include "apps/fuse/fuse_store.hpp"

#include "apps/auth/password.hpp"
#include "apps/common/uuid.hpp"
#include "apps/fuse/messages.hpp"

#include <algorithm>
#include <utility>

namespace apps::fuse {

using auth::Account;
using socketio::RawJson;
using store::Database;

namespace {

Task read_task(store::Query const& row) {
    Task task;
    task.id = row.text(0);
    task.title = row.text(1);
    task.description = row.text(2);
    task.status = row.text(3);
    task.priority = static_cast<int>(row.integer(4));
    task.progress = row.real(5);
    task.assignee = row.text(6);
    task.creator = row.text(7);
    task.metadata = RawJson::parse(row.text(8)).value_or(task.metadata);
    task.created = row.integer(9);
    task.updated = row.integer(10);
    task.place = row.text(11);
    return task;
}

std::optional<Account> read_account(store::Query& query) {
    if (!query.step()) {
        return std::nullopt;
    }
    return Account{query.text(0), query.text(1), query.text(2)};
}

std::optional<Account> find_account(Database& db, std::string const& username) {
    auto query = db.query("SELECT id, username, password_hash FROM fuse_users WHERE username = ?");
    query.bind(username);
    return read_account(query);
}

std::optional<Account> get_account(Database& db, std::string const& id) {
    auto query = db.query("SELECT id, username, password_hash FROM fuse_users WHERE id = ?");
    query.bind(id);
    return read_account(query);
}

bool add_account(Database& db, Account const& account, std::optional<std::string> const& email,
                 std::int64_t time) {
    db.run("INSERT OR IGNORE INTO fuse_users VALUES (?, ?, ?, ?, ?)", account.id, account.username,
           email.value_or("").empty() ? std::nullopt : email, account.password_hash, time);
    return db.changes() == 1;
}

}  // namespace

Journal::State FuseStore::load() {
    State state;
    auto& db = store_.database();
    for (auto users = db.query("SELECT id, username FROM fuse_users"); users.step();) {
        state.users[users.text(0)] = users.text(1);
    }
    for (auto rooms = db.query("SELECT id, created_by, made_at, created, messages FROM fuse_rooms");
         rooms.step();) {
        state.rooms[rooms.text(0)] = {{rooms.text(1), rooms.text(2)},
                                      rooms.integer(3),
                                      static_cast<std::size_t>(rooms.integer(4))};
    }
    for (auto members = db.query("SELECT room_id, user_id FROM fuse_room_members");
         members.step();) {
        state.members.emplace_back(members.text(0), members.text(1));
    }
    for (auto tasks = db.query("SELECT id, title, description, status, priority, progress, "
                               "IFNULL(assignee_id, ''), creator_id, metadata, created, updated, "
                               "made_at FROM fuse_tasks");
         tasks.step();) {
        state.tasks.push_back(read_task(tasks));
    }
    return state;
}

void FuseStore::room_made(std::string const& id, Room const& room) {
    store_.tell("making a room", [id, room](Database& db) {
        db.run("INSERT OR IGNORE INTO fuse_rooms (id, created_by, created, made_at) "
               "VALUES (?, ?, ?, ?)",
               id, room.maker.user, room.created, room.maker.place);
    });
}

void FuseStore::joined(std::string const& room, std::string const& user) {
    store_.tell("joining a room", [=](Database& db) {
        db.run("INSERT OR IGNORE INTO fuse_room_members VALUES (?, ?)", room, user);
    });
}

void FuseStore::left(std::string const& room, std::string const& user) {
    store_.tell("leaving a room", [=](Database& db) {
        db.run("DELETE FROM fuse_room_members WHERE room_id = ? AND user_id = ?", room, user);
    });
}

void FuseStore::room_gone(std::string const& room) {
    store_.tell("removing a room",
                [room](Database& db) { db.run("DELETE FROM fuse_rooms WHERE id = ?", room); });
}

void FuseStore::said(Line const& line) {
    store_.tell("keeping a message", [line](Database& db) {
        db.run(
            "INSERT INTO fuse_messages "
            "(room_id, message_id, sender_id, content, metadata, time) VALUES (?, ?, ?, ?, ?, ?)",
            line.room, line.id, line.sender, line.content, line.metadata.value_or(RawJson()).text(),
            line.time);
        db.run("UPDATE fuse_rooms SET messages = messages + 1 WHERE id = ?", line.room);
        db.run("DELETE FROM fuse_messages WHERE room_id = ? AND number <= (SELECT number FROM "
               "fuse_messages WHERE room_id = ? ORDER BY number DESC LIMIT 1 OFFSET ?)",
               line.room, line.room, kept_messages);
    });
}

void FuseStore::task(Task const& task) {
    store_.tell("keeping a task", [task](Database& db) {
        auto const assignee = task.assignee.empty() ? std::nullopt : std::optional(task.assignee);
        db.run("INSERT OR REPLACE INTO fuse_tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               task.id, task.title, task.description, task.status, task.priority, task.progress,
               assignee, task.creator, task.metadata.text(), task.created, task.updated,
               task.place);
    });
}

void FuseStore::task_gone(std::string const& task) {
    store_.tell("removing a task",
                [task](Database& db) { db.run("DELETE FROM fuse_tasks WHERE id = ?", task); });
}

common::Later<std::vector<Line>> FuseStore::messages(std::string const& room) {
    auto const read = [room](Database& db) {
        std::vector<Line> lines;
        auto query = db.query("SELECT message_id, room_id, sender_id, content, metadata, time FROM "
                              "fuse_messages WHERE room_id = ? ORDER BY number DESC LIMIT ?");
        query.bind(room, listed_messages);
        for (std::size_t bytes = 0; query.step();) {
            auto content = query.text(3);
            auto metadata = RawJson::parse(query.text(4));
            bytes += content.size() + (metadata ? metadata->text().size() : 0);
            if (bytes > listed_message_bytes && !lines.empty()) {
                break;
            }
            if (metadata == RawJson()) {  // null: there was none
                metadata.reset();
            }
            lines.push_back({query.text(0), query.text(1), query.text(2), std::move(content),
                             std::move(metadata), query.integer(5)});
        }
        std::reverse(lines.begin(), lines.end());
        return lines;
    };
    return store_.ask(read);
}

auth::AccountRules FuseStore::account_rules() {
    auth::AccountRules rules;
    rules.find = find_account;
    rules.get = get_account;
    rules.add = [](Database& db, Account const& account, auth::RegisterRequest const& request,
                   std::int64_t time) { return add_account(db, account, request.email, time); };
    rules.answer = [](Account const& account, std::string const& token) {
        return socketio::to_json(LoginAnswer{account.id, account.username, token, "Bearer"});
    };
    rules.logins = "fuse_logins";
    rules.cookie = "refreshToken";
    rules.cookie_path = "/api/auth";
    return rules;
}

void FuseStore::add_demo_people(Database& db, std::int64_t time) {
    if (db.query("SELECT 1 FROM fuse_users LIMIT 1").step()) {
        return;
    }
    for (auto const* name : {"ana", "ben", "gm"}) {
        Account const account{common::random_uuid(), name, auth::hash_password("hubbub-demo")};
        add_account(db, account, std::string(name) + "@example.com", time);
    }
}

}  // namespace apps::fuse
