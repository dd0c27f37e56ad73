#pragma once

#include "socketio/socketio.hpp"
#include "tests/loopback/raw_client.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <utility>

namespace loopback {

inline constexpr int text_frame = 0x81;
inline constexpr int close_frame = 0x88;

// A whole server on a free port with its own thread for shard 0.
class RunningServer {
public:
    explicit RunningServer(socketio::ServerOptions options = {})
        : io(on_loopback(std::move(options))) {}
    ~RunningServer() { stop(); }
    void run() {
        port = io.listen();
        thread_ = std::thread([this] { io.run(); });
    }
    void stop() {
        if (thread_.joinable()) {
            io.close();
            thread_.join();
        }
    }
    // For the end of run(), whoever brings it about.
    void wait() { thread_.join(); }
    // As when main() ends by an exception: nobody is told.
    void abandon() {
        io.runtime().stop();
        thread_.join();
    }

    socketio::Server io;
    std::uint16_t port = 0;

private:
    static socketio::ServerOptions on_loopback(socketio::ServerOptions options) {
        options.host = "127.0.0.1";
        options.port = 0;
        options.serve_client = false;
        return options;
    }
    std::thread thread_;
};

// The request of a WebSocket session; `fields` are further header lines.
inline std::string websocket_session(std::string const& query = {},
                                     std::string const& fields = {}) {
    return "GET /socket.io/?EIO=4&transport=websocket" + query +
           " HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           fields + "\r\n";
}

// A WebSocket client that has opened its session and sent `connect`.
class Peer {
public:
    explicit Peer(RunningServer& server, std::string const& connect = "40",
                  std::string const& fields = {})
        : client(server.port) {
        client.send(websocket_session({}, fields));
        client.read_until("\r\n\r\n");
        open = read();
        REQUIRE(open.starts_with("0{"));
        say(connect);
    }
    void say(std::string const& packet) { client.send_frame(text_frame, packet); }
    std::string read() { return client.read_frame(first); }

    RawClient client;
    std::string open;  // the open packet
    int first = 0;     // the first byte of the frame last read
};

}  // namespace loopback
