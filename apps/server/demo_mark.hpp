#pragma once

#include "apps/store/database.hpp"

#include <string>
#include <string_view>

namespace apps::server {

/// Keeps demo accounts, whose password everybody knows, out of real use: a database is one of the
/// demo or not, from its first start on. Throws store::StoreError if it is used as the other.
void check_demo_mark(store::Database& database, bool demo);

/// The secret of a system in demo mode: made at the first start, kept so that logins survive a
/// restart. Only in a database of the demo.
std::string demo_secret(store::Database& database, std::string_view system);

}  // namespace apps::server
