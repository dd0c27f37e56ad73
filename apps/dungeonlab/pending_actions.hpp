#pragma once

#include "engineio/net/keyed_hash.hpp"
#include "socketio/json.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace apps::dungeonlab {

/// Requests of players that a game master has not answered yet. Whoever takes one out, by an
/// answer or by the timeout, is the only one to resolve it. Not thread-safe.
class PendingActions {
public:
    static constexpr std::size_t max_pending = 1000;  ///< per session

    using Resolve = std::function<void(socketio::Json)>;

    /// False if the session has one of that id already, or too many.
    bool add(std::string const& session, std::string const& request, Resolve resolve);
    /// Nothing if there is none, or somebody was faster.
    std::optional<Resolve> take(std::string const& session, std::string const& request);

private:
    using Requests = std::unordered_map<std::string, Resolve, engineio::net::KeyedHash>;
    std::unordered_map<std::string, Requests, engineio::net::KeyedHash> sessions_;
};

}  // namespace apps::dungeonlab
