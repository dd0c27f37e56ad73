#include "apps/store/migrations.hpp"

#include <string>

namespace apps::store {

namespace {

std::int64_t present_version(Database& database, std::string_view system) {
    auto query = database.query("SELECT version FROM store_versions WHERE system = ?");
    query.bind(system);
    return query.step() ? query.integer(0) : 0;
}

}  // namespace

void migrate(Database& database, Migrations const& migrations) {
    database.script("CREATE TABLE IF NOT EXISTS store_versions ("
                    "system TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID");
    auto const newest = static_cast<std::int64_t>(migrations.steps.size());
    auto version = present_version(database, migrations.system);
    if (version > newest) {
        throw StoreError(StoreError::Kind::unusable,
                         "the database holds version " + std::to_string(version) + " of " +
                             std::string(migrations.system) + ", this program knows " +
                             std::to_string(newest) + ": use a newer program");
    }
    for (; version < newest; ++version) {
        database.script("BEGIN IMMEDIATE");
        try {
            database.script(std::string(migrations.steps[static_cast<std::size_t>(version)]));
            database.run("INSERT OR REPLACE INTO store_versions VALUES (?, ?)", migrations.system,
                         version + 1);
            database.script("COMMIT");
        } catch (...) {
            database.rollback();
            throw;
        }
    }
}

}  // namespace apps::store
