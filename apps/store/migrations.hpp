#pragma once

#include "apps/store/database.hpp"

#include <span>
#include <string_view>

namespace apps::store {

/// The schema of one system: the text of its schema/001_….sql, 002_… in order, embedded at build.
/// A file that was released is never changed; a change is a new file.
struct Migrations {
    std::string_view system;  ///< "dungeonlab"; its tables begin with that name
    std::span<std::string_view const> steps;
};

/// Brings the system's tables up to date, each step in a transaction of its own that also notes its
/// number. Throws StoreError, also if the database was made by a newer program.
void migrate(Database& database, Migrations const& migrations);

}  // namespace apps::store
