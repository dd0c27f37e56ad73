#pragma once

#include "engineio/net/http_server.hpp"
#include "engineio/net/metrics.hpp"

#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <string>

namespace loopback {

// Shard 0's, as it is now.
inline engineio::net::Metrics metrics_of(engineio::net::HttpServer& server) {
    std::promise<engineio::net::Metrics> copy;
    server.shard(0).post([&] { copy.set_value(server.shard(0).metrics()); });
    return copy.get_future().get();
}

// Which limits were met, and how often.
using Hits = std::map<std::string, std::uint64_t, std::less<>>;

inline std::string get(std::string const& target, std::string const& fields = {}) {
    return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

inline std::string status_of(std::string const& answer) {
    auto const space = answer.find(' ');
    return space == std::string::npos ? answer : answer.substr(space + 1, 3);
}

}  // namespace loopback
