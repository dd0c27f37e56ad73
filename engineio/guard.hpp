#pragma once

#include "engineio/net/log.hpp"
#include "engineio/net/shard.hpp"

#include <exception>
#include <string_view>

namespace engineio {

// Runs a function of the application named `what`. An exception ends this call only: it is logged
// and counted. True if there was none.
template <class F>
bool guarded(net::Shard& shard, std::string_view what, F&& call) {
    try {
        call();
        return true;
    } catch (std::exception const& error) {
        net::log_error("engineio", "{} threw: {}", what, error.what());
    } catch (...) {
        net::log_error("engineio", "{} threw", what);
    }
    ++shard.metrics().handler_exceptions;
    return false;
}

}  // namespace engineio
