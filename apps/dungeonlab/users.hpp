#pragma once

#include "apps/dungeonlab/dungeonlab.hpp"
#include "apps/dungeonlab/records.hpp"
#include "apps/store/database.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// People's accounts. All functions run on the store's thread.
namespace apps::dungeonlab::users {

/// Preferences and profile, of each the text.
inline constexpr std::size_t max_settings_bytes = 64 * 1024;

struct NewUser {
    std::string username;
    std::string email;
    std::string password_hash;
    std::string display_name;
};

/// Nothing if the name or the address is taken.
std::optional<UserRecord> add(store::Database& database, NewUser const& user);

/// As events and rules know a person; without preferences and profile, which take time to parse
/// and are of no use to them.
std::optional<User> find_user(store::Database& database, std::string_view id);

std::optional<UserRecord> find(store::Database& database, std::string_view id);

/// The account of an address with its password's hash, as a login needs it.
std::optional<std::pair<UserRecord, std::string>> find_for_login(store::Database& database,
                                                                 std::string_view email);

/// Changes displayName, preferences and profile where `changes` has them in the right form.
std::optional<UserRecord> change(store::Database& database, std::string_view id,
                                 socketio::Json const& changes);

}  // namespace apps::dungeonlab::users
