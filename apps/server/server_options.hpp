#pragma once

#include "apps/server/config.hpp"
#include "socketio/server.hpp"

namespace apps::server {

/// What the listeners of all systems have in common, as configured: TLS, proxies, times and limits.
/// Port, origins and folders are the systems'.
socketio::ServerOptions server_options(Config const& config);

}  // namespace apps::server
