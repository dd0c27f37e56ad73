#pragma once

#include "apps/casys/casys.hpp"
#include "apps/casys/messages.hpp"

namespace apps::casys {

/// A game as frontends read it. Times are ISO 8601 without a zone, in UTC, as Python writes them.
GameState state_of(Story const& story, Game const& game);

std::string python_time(std::int64_t milliseconds);

}  // namespace apps::casys
