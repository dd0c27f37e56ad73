#pragma once

#include "apps/eliza/eliza.hpp"

namespace apps::eliza {

// What clients of different ages and REST send, read as the rules want it.

Entrance entrance_of(socketio::Json const& request);
/// The payload of SEND_MESSAGE, or the body of a REST message.
Statement statement_of(socketio::Json const& payload);
/// It names channel, server and sender as they must be, and says something.
bool is_complete(Statement const& statement);
/// The seed's `{text, roomId, userId, name}`, on the default server if none is named.
Statement flat_statement(socketio::Json const& message);

}  // namespace apps::eliza
