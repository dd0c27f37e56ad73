#pragma once

#include "engineio/net/http_server.hpp"
#include "engineio/net/router.hpp"
#include "engineio/net/ws_connection.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace loopback {

// An HttpServer on a free port with one Router per shard and its own thread for shard 0. Routes
// are added before run(). Notes collect what happened on the shards for the test to wait for.
class TestServer {
public:
    explicit TestServer(unsigned threads = 1,
                        engineio::net::Endpoint const& endpoint = {.host = "127.0.0.1"},
                        engineio::net::HttpOptions options = {});
    ~TestServer();

    engineio::net::Router& router(unsigned shard = 0) { return *routers_[shard]; }
    engineio::net::HttpServer& http() { return *server_; }
    std::uint16_t port() const { return port_; }
    // A further listener with the same routes; returns its port.
    std::uint16_t listen(engineio::net::Endpoint const& endpoint);

    void run();
    void stop();  // waits for run() to return

    void note(std::string text);
    // Waits at most five seconds for a note that begins so; returns it, or "" in vain.
    std::string wait_for_note(std::string const& prefix);

    // Adds /ws: a WebSocket that echoes, closes with 4321 on "close me", and notes its end as
    // "closed <code> <error>". Text "flood" sends a megabyte at every drain.
    void serve_echo(engineio::net::DeflateOptions const& deflate = {});

private:
    std::vector<std::unique_ptr<engineio::net::Router>> routers_;
    std::unique_ptr<engineio::net::HttpServer> server_;
    engineio::net::HttpOptions options_;
    std::uint16_t port_ = 0;
    std::thread thread_;
    std::mutex mutex_;  // guards notes_
    std::vector<std::string> notes_;
};

// The request a browser would send for /ws.
std::string websocket_request(std::string const& extra_fields = {});

}  // namespace loopback
