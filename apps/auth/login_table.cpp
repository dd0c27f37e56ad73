#include "apps/auth/login_table.hpp"

#include "apps/auth/digest.hpp"
#include "engineio/net/text.hpp"

namespace apps::auth {

LoginTable::LoginTable(std::string const& table)
    : insert_("INSERT INTO " + table + " (id_hash, user_id, expires_at) VALUES (?, ?, ?)"),
      find_("SELECT user_id FROM " + table + " WHERE id_hash = ? AND expires_at > ?"),
      remove_("DELETE FROM " + table + " WHERE id_hash = ?"),
      purge_("DELETE FROM " + table + " WHERE expires_at <= ?"),
      thin_out_("DELETE FROM " + table + " WHERE id_hash IN (SELECT id_hash FROM " + table +
                " WHERE user_id = ? ORDER BY expires_at DESC LIMIT -1 OFFSET ?)") {}

std::string LoginTable::create(store::Database& database, std::string_view user, std::int64_t now,
                               std::int64_t expires_at) const {
    constexpr std::size_t id_bytes = 24;  // 32 characters, as express-session's
    auto id = engineio::net::base64url_encode(engineio::net::random_bytes(id_bytes));
    database.run(purge_, now);
    database.run(thin_out_, user, max_of_user - 1);
    database.run(insert_, sha256_hex(id), user, expires_at);
    return id;
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
