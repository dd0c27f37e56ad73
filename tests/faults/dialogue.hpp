#pragma once

#include "engineio/net/metrics.hpp"
#include "tests/loopback/running_server.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace faults {

// Everything a client does in its life: polling handshake, events both ways, upgrade, text, binary
// with an acknowledgement, the close. Returns what the server said, "" once it said nothing more:
// then it has ended the connection.
std::string dialogue(std::uint16_t port);

// The same in one go on a WebSocket, for a quick look whether strangers are served.
std::string greeting(std::uint16_t port);

// A server for it, whose sessions do not outlive their clients for long.
std::unique_ptr<loopback::RunningServer> make_server(unsigned threads = 1);

// Of all shards, taken on their threads.
engineio::net::Metrics metrics_of(loopback::RunningServer& server);
// Waits at most five seconds until nothing is left of any client.
bool is_clean(loopback::RunningServer& server);

std::size_t open_descriptors();

}  // namespace faults
