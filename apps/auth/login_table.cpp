#include "apps/auth/login_table.hpp"

#include "apps/auth/digest.hpp"
#include "engineio/net/text.hpp"

namespace apps::auth {

LoginTable::LoginTable(std::string const& table)
    : insert_("INSERT INTO " + table + " (id_hash, user_id, expires_at) VALUES (?, ?, ?)"),
      find_("SELECT user_id FROM " + table + " WHERE id_hash = ? AND expires_at > ?"),
      remove_("DELETE FROM " + table + " WHERE id_hash = ?"),
      purge_("DELETE FROM " + table + " WHERE expires_at <= ?"),
      thin_out_(
          "DELETE FROM " + table + " WHERE id_hash IN (SELECT id_hash FROM " + table +
          " WHERE user_id = ? ORDER BY expires_at DESC LIMIT -1 OFFSET ?) RETURNING id_hash") {}

LoginTable::Login LoginTable::create(store::Database& database, std::string_view user,
                                     std::int64_t now, std::int64_t expires_at) const {
    constexpr std::size_t id_bytes = 24;  // 32 characters, as express-session's
    Login login{engineio::net::base64url_encode(engineio::net::random_bytes(id_bytes)), {}};
    database.run(purge_, now);
    auto thin_out = database.query(thin_out_);
    thin_out.bind(user, max_of_user - 1);
    while (thin_out.step()) {
        login.ended.push_back(thin_out.text(0));
    }
    database.run(insert_, sha256_hex(login.id), user, expires_at);
    return login;
}

std::optional<std::string> LoginTable::user(store::Database& database, std::string_view id,
                                            std::int64_t now) const {
    auto query = database.query(find_);
    query.bind(sha256_hex(id), now);
    return query.step() ? std::optional(query.text(0)) : std::nullopt;
}

void LoginTable::remove(store::Database& database, std::string_view id) const {
    database.run(remove_, sha256_hex(id));
}

}  // namespace apps::auth
