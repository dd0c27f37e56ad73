#include "apps/server/demo_mark.hpp"

#include "engineio/net/text.hpp"

namespace apps::server {

namespace {

bool has_table(store::Database& database, std::string_view name) {
    auto query = database.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
    return query.bind(name).step();
}

}  // namespace

void check_demo_mark(store::Database& database, bool demo) {
    bool const marked = has_table(database, "demo_secrets");
    bool const used = has_table(database, "store_versions");
    if (!demo && marked) {
        throw store::StoreError(store::StoreError::Kind::unusable,
                                "this database belongs to the demo, whose passwords everybody "
                                "knows: start with --demo or use another --database");
    }
    if (demo && used && !marked) {
        throw store::StoreError(store::StoreError::Kind::unusable,
                                "this database is in real use, demo accounts must not come into "
                                "it: start without --demo or use another --database");
    }
    if (demo && !marked) {
        database.script(
            "CREATE TABLE demo_secrets (system TEXT PRIMARY KEY, secret TEXT NOT NULL)");
    }
}

std::string demo_secret(store::Database& database, std::string_view system) {
    constexpr std::size_t secret_bytes = 32;
    database.run("INSERT OR IGNORE INTO demo_secrets VALUES (?, ?)", system,
                 engineio::net::base64url_encode(engineio::net::random_bytes(secret_bytes)));
    auto query = database.query("SELECT secret FROM demo_secrets WHERE system = ?");
    query.bind(system).step();
    return query.text(0);
}

}  // namespace apps::server
