#pragma once

#include "engineio/net/log.hpp"
#include "engineio/net/shard.hpp"

#include <exception>
#include <string_view>
#include <utility>

namespace engineio {

// Runs a function of the application named `what`. An exception ends this call only: it is logged
// under `category` and counted. True if there was none.
template <class F>
bool guarded_in(std::string_view category, net::Shard& shard, std::string_view what, F&& call) {
    try {
        call();
        return true;
    } catch (std::exception const& error) {
        net::log_error(category, "the function for \"{}\" threw: {}", what, error.what());
    } catch (...) {
        net::log_error(category, "the function for \"{}\" threw", what);
    }
    ++shard.metrics().handler_exceptions;
    return false;
}

template <class F>
bool guarded(net::Shard& shard, std::string_view what, F&& call) {
    return guarded_in("engineio", shard, what, std::forward<F>(call));
}

}  // namespace engineio
