#pragma once

#include "apps/server/config.hpp"
#include "socketio/server.hpp"

namespace apps::server {

/// An address to listen on that only programs of this machine reach.
bool is_local(std::string const& host);

/// The hosts that requests may be for, empty for any: without a setting a server that only this
/// machine reaches is for its own names and the origins', so that no page can make itself one of
/// them by a DNS entry. Who trusts a proxy has said that others reach it.
std::vector<std::string> allowed_hosts(Config const& config);

/// What the listeners of all systems have in common, as configured: TLS, proxies, times and limits.
/// Port, origins and folders are the systems'.
socketio::ServerOptions server_options(Config const& config);

}  // namespace apps::server
