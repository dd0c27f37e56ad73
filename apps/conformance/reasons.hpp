#pragma once

#include "socketio/json.hpp"

#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace conformance {

/// How the sockets of a tag ended; shared by all shards.
class Reasons {
public:
    void add(std::string const& tag, socketio::Json ended);
    socketio::Json of(std::string const& tag) const;

private:
    static constexpr std::size_t max_per_tag = 50;
    static constexpr std::size_t max_tags = 2000;

    mutable std::mutex mutex_;  // guards both
    std::unordered_map<std::string, std::vector<socketio::Json>> by_tag_;
    std::deque<std::string> order_;
};

}  // namespace conformance
