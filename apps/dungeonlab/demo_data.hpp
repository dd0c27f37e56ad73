#pragma once

#include "apps/store/database.hpp"

#include <cstdint>
#include <string>

namespace apps::dungeonlab {

/// What the demo offers after its first start: three people, a campaign with a session, a
/// character for each player and the state. Does nothing if there is anybody already.
void add_demo_data(store::Database& database, std::string const& password_hash, std::int64_t now);

}  // namespace apps::dungeonlab
