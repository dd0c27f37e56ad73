#pragma once

// The umbrella header: everything a Socket.IO application includes.

#include "engineio/net/log.hpp"
#include "socketio/ack.hpp"
#include "socketio/adapter.hpp"
#include "socketio/broadcast_operator.hpp"
#include "socketio/connection.hpp"
#include "socketio/describe.hpp"
#include "socketio/disconnect_reason.hpp"
#include "socketio/handshake.hpp"
#include "socketio/json.hpp"
#include "socketio/json_codec.hpp"
#include "socketio/keyed_hash.hpp"
#include "socketio/listeners.hpp"
#include "socketio/namespace.hpp"
#include "socketio/parent_namespace.hpp"
#include "socketio/raw_json.hpp"
#include "socketio/server.hpp"
#include "socketio/socket.hpp"
#include "socketio/synchronized.hpp"
#include "socketio/task.hpp"
