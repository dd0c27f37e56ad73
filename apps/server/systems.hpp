#pragma once

#include "apps/server/system.hpp"

namespace apps::server {

SystemKind dungeonlab_system();
SystemKind eliza_system();
SystemKind casys_system();
SystemKind fuse_system();
SystemKind kaiku_system();

}  // namespace apps::server
