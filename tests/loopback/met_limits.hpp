#pragma once

#include "engineio/net/http_server.hpp"
#include "engineio/net/metrics.hpp"
#include "tests/loopback/raw_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>

namespace loopback {

// Shard 0's, as it is now.
inline engineio::net::Metrics metrics_of(engineio::net::HttpServer& server) {
    std::promise<engineio::net::Metrics> copy;
    server.shard(0).post([&] { copy.set_value(server.shard(0).metrics()); });
    return copy.get_future().get();
}

// Which limits were met, and how often.
using Hits = std::map<std::string, std::uint64_t, std::less<>>;

// Until it holds; the test case fails if that takes half a minute.
template <class Condition>
void wait_until(char const* what, Condition&& holds) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!holds()) {
        REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, "in vain: " << what);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

// A new client that has sent `bytes`, when a count of the server tells that they have come.
inline std::unique_ptr<RawClient> heard(engineio::net::HttpServer& server, std::uint16_t port,
                                        std::string const& bytes,
                                        std::uint64_t engineio::net::Metrics::*count) {
    auto client = std::make_unique<RawClient>(port);
    auto const before = metrics_of(server).*count;
    client->send(bytes);
    wait_until("the server hears a client", [&] { return metrics_of(server).*count != before; });
    return client;
}

inline std::string get(std::string const& target, std::string const& fields = {}) {
    return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

inline std::string status_of(std::string const& answer) {
    auto const space = answer.find(' ');
    return space == std::string::npos ? answer : answer.substr(space + 1, 3);
}

}  // namespace loopback
