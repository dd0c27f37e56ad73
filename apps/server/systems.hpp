#pragma once

#include "apps/server/system.hpp"

namespace apps::server {

SystemKind dungeonlab_system();
SystemKind eliza_system();
SystemKind casys_system();

}  // namespace apps::server
