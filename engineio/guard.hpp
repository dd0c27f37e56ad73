#pragma once

#include "engineio/net/log.hpp"
#include "engineio/net/shard.hpp"

#include <exception>
#include <string_view>
#include <utility>

namespace engineio {

// Tells of an exception where no shard is at hand: Shard::handler_threw of the one whose turn this
// thread is in. On other threads there is none, and no peer decides how often it happens.
inline void tell_threw(std::string_view category, std::string_view what, std::string_view error) {
    if (auto* const shard = net::Shard::current()) {
        shard->handler_threw(category, what, error);
    } else {
        net::log_error(category, "the function for \"{}\" threw: {}", what, error);
    }
}

// Runs a function of the application named `what`. An exception ends this call only: it is counted,
// and logged seldom under `category` (Shard::handler_threw). True if there was none.
template <class F>
bool guarded_in(std::string_view category, net::Shard& shard, std::string_view what, F&& call) {
    try {
        call();
        return true;
    } catch (std::exception const& error) {
        shard.handler_threw(category, what, error.what());
    } catch (...) {
        shard.handler_threw(category, what, {});
    }
    return false;
}

template <class F>
bool guarded(net::Shard& shard, std::string_view what, F&& call) {
    return guarded_in("engineio", shard, what, std::forward<F>(call));
}

}  // namespace engineio
