#pragma once

#include "socketio/socketio.hpp"
#include "tests/loopback/raw_client.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <utility>

namespace loopback {

using socketio::Server;
using socketio::ServerOptions;

inline constexpr int text_frame = 0x81;
inline constexpr int close_frame = 0x88;

class RunningServer {
public:
    explicit RunningServer(ServerOptions options = {}) : io(on_loopback(std::move(options))) {}
    ~RunningServer() {
        if (thread_.joinable()) {
            io.close();
            thread_.join();
        }
    }
    void run() {
        port = io.listen();
        thread_ = std::thread([this] { io.run(); });
    }
    // As when main() ends by an exception: nobody is told.
    void abandon() {
        io.runtime().stop();
        thread_.join();
    }

    Server io;
    std::uint16_t port = 0;

private:
    static ServerOptions on_loopback(ServerOptions options) {
        options.host = "127.0.0.1";
        options.port = 0;
        options.serve_client = false;
        return options;
    }
    std::thread thread_;
};

// A WebSocket client that has opened its session and sent `connect`.
class Peer {
public:
    Peer(RunningServer& server, std::string const& connect = "40") : client(server.port) {
        client.send("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\n"
                    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        client.read_until("\r\n\r\n");
        REQUIRE(read().starts_with("0{"));
        say(connect);
    }
    void say(std::string const& packet) { client.send_frame(text_frame, packet); }
    std::string read() {
        int first = 0;
        return client.read_frame(first);
    }

    RawClient client;
};

}  // namespace loopback
