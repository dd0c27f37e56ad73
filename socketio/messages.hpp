#pragma once

#include "engineio/net/message.hpp"
#include "socketio/packet.hpp"

#include <boost/container/small_vector.hpp>

namespace socketio {

/// One and its attachments, which are few.
using Messages = boost::container::small_vector<engineio::net::Message, 2>;

/// The engine messages of a packet, to be shared by all recipients of a shard.
Messages to_messages(EncodedPacket const& packet);

}  // namespace socketio
