#pragma once

#include "engineio/net/log.hpp"
#include "engineio/net/shard.hpp"

#include <exception>
#include <string_view>

namespace socketio {

/// Runs application code. An exception ends this call only: it is logged with the event's name,
/// counted, and the socket lives.
template <class F>
void guarded(engineio::net::Shard& shard, std::string_view what, F&& call) {
    try {
        call();
    } catch (std::exception const& error) {
        ++shard.metrics().handler_exceptions;
        engineio::net::log_error("socketio", "an exception left the handler of \"{}\": {}", what,
                                 error.what());
    } catch (...) {
        ++shard.metrics().handler_exceptions;
        engineio::net::log_error("socketio", "an unknown exception left the handler of \"{}\"",
                                 what);
    }
}

}  // namespace socketio
