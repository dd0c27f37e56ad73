#pragma once

#include "engineio/guard.hpp"

#include <string_view>
#include <utility>

namespace socketio {

/// engineio::guarded in this layer's name: an exception ends this call, and the socket lives.
template <class F>
bool guarded(engineio::net::Shard& shard, std::string_view what, F&& call) {
    return engineio::guarded_in("socketio", shard, what, std::forward<F>(call));
}

}  // namespace socketio
