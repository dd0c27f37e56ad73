#pragma once

#include "apps/dungeonlab/dungeonlab.hpp"
#include "socketio/handshake.hpp"

#include <functional>

namespace apps::dungeonlab {

/// Says who a connecting client is. The seam where a login takes the place of demo mode.
using Identity = std::function<User(socketio::Handshake const&)>;

/// Demo mode: believes `auth: {userId?, userName?}`, cut to a sane length; who says nothing gets a
/// new guest id. Anybody can claim any id, so it is for demonstrations only.
User demo_identity(socketio::Handshake const& handshake);

}  // namespace apps::dungeonlab
