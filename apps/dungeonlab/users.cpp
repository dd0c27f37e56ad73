#include "apps/dungeonlab/users.hpp"

#include "apps/auth/control_characters.hpp"
#include "apps/dungeonlab/ids.hpp"

namespace apps::dungeonlab::users {

using socketio::Json;

namespace {

constexpr std::size_t max_display_name_bytes = 128;

bool is_display_name(std::string const& name) {
    return !name.empty() && name.size() <= max_display_name_bytes &&
           !auth::has_control_characters(name);
}

UserRecord read(store::Query const& query) {
    UserRecord user;
    user.id = query.text(0);
    user.username = query.text(1);
    user.email = query.text(2);
    user.displayName = query.text(3);
    user.isAdmin = query.flag(4);
    user.preferences = Json::parse(query.text(5)).value_or(Json::object());
    user.profile = Json::parse(query.text(6)).value_or(Json::object());
    return user;
}

}  // namespace

std::optional<UserRecord> add(store::Database& database, NewUser const& user) {
    auto const id = object_id();
    database.run("INSERT OR IGNORE INTO dungeonlab_users "
                 "(id, username, email, password_hash, display_name) VALUES (?, ?, ?, ?, ?)",
                 id, user.username, user.email, user.password_hash, user.display_name);
    return find(database, id);
}

std::optional<User> find_user(store::Database& database, std::string_view id) {
    auto query = database.query("SELECT id, username, display_name, is_admin "
                                "FROM dungeonlab_users WHERE id = ?");
    if (!query.bind(id).step()) {
        return std::nullopt;
    }
    auto const username = query.text(1);
    auto const shown = query.text(2);
    return User{query.text(0), shown.empty() ? username : shown, username, query.flag(3)};
}

std::optional<UserRecord> find(store::Database& database, std::string_view id) {
    auto query = database.query(
        "SELECT id, username, email, display_name, is_admin, preferences_json, profile_json "
        "FROM dungeonlab_users WHERE id = ?");
    return query.bind(id).step() ? std::optional(read(query)) : std::nullopt;
}

std::optional<std::pair<UserRecord, std::string>> find_for_login(store::Database& database,
                                                                 std::string_view email) {
    auto query = database.query(
        "SELECT id, username, email, display_name, is_admin, preferences_json, profile_json, "
        "password_hash FROM dungeonlab_users WHERE email = ?");
    if (!query.bind(email).step()) {
        return std::nullopt;
    }
    return std::pair(read(query), query.text(7));
}

std::optional<UserRecord> change(store::Database& database, std::string_view id,
                                 Json const& changes) {
    auto const* name = changes["displayName"].string();
    if (name != nullptr && is_display_name(*name)) {
        database.run("UPDATE dungeonlab_users SET display_name = ? WHERE id = ?", *name, id);
    }
    if (changes["preferences"].is_object()) {
        database.run("UPDATE dungeonlab_users SET preferences_json = ? WHERE id = ?",
                     changes["preferences"].dump(), id);
    }
    if (changes["profile"].is_object()) {
        database.run("UPDATE dungeonlab_users SET profile_json = ? WHERE id = ?",
                     changes["profile"].dump(), id);
    }
    return find(database, id);
}

}  // namespace apps::dungeonlab::users
