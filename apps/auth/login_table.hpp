#pragma once

#include "apps/store/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apps::auth {

/// Logins that last: cookie sessions and refresh tokens, in a table of the system with the columns
/// (id_hash TEXT PRIMARY KEY, user_id TEXT, expires_at INTEGER), with indices on expires_at and on
/// user_id with expires_at. Only the hash of an id is kept, so
/// that a stolen copy of the database opens no door. Used on the store's thread; times are
/// milliseconds since 1970.
class LoginTable {
public:
    static constexpr int max_of_user = 100;  ///< those that end first go

    /// `table` must be a constant of the program: it becomes part of SQL texts.
    explicit LoginTable(std::string const& table);

    struct Login {
        std::string id;                  ///< unguessable, of 32 characters
        std::vector<std::string> ended;  ///< hashes of those that gave way to it
    };
    /// Expired ones are cleared away, and the user's oldest if they are too many.
    Login create(store::Database& database, std::string_view user, std::int64_t now,
                 std::int64_t expires_at) const;
    /// Whose it is, if it has not expired.
    std::optional<std::string> user(store::Database& database, std::string_view id,
                                    std::int64_t now) const;
    void remove(store::Database& database, std::string_view id) const;

private:
    std::string insert_;
    std::string find_;
    std::string remove_;
    std::string purge_;
    std::string thin_out_;
};

}  // namespace apps::auth
