#pragma once

// A whole server in this thread: its real shards, connections, engines and namespaces, with pairs
// of sockets for its clients and time that is moved by hand. No thread runs, no port is opened.

#include "engineio/net/http_connection.hpp"
#include "engineio/net/http_server.hpp"
#include "engineio/net/io_shard.hpp"
#include "socketio/core.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace fuzz {

// The client's end of a connection.
struct Wire {
    engineio::net::UniqueFd socket;
    std::string received;  // since the connection was opened, as far as it was read
    std::string sid;       // the latest that the server has told
    bool open() const { return static_cast<bool>(socket); }
};

class Machine {
public:
    static constexpr unsigned shard_count = 2;

    Machine(socketio::ServerOptions options,
            std::function<void(socketio::Core&, std::set<socketio::Socket*>&)> const& set_up);
    ~Machine();
    Machine(Machine const&) = delete;
    Machine& operator=(Machine const&) = delete;

    socketio::Core& core() { return *core_; }

    // A new connection on that shard; `cramped`: its kernel takes little at a time.
    void open(Wire& wire, unsigned shard, bool cramped);
    // What the kernel takes of it.
    void send(Wire& wire, std::string_view bytes);
    // What has arrived, at most so much.
    void receive(Wire& wire, std::size_t most);
    // No more will be sent, or the client is gone.
    void end_stream(Wire& wire);
    void close(Wire& wire);

    // Lets the shards work until nothing is left to do at this time.
    void settle();
    void advance(std::chrono::milliseconds time);
    // No more is held than the limits of so many connections say.
    void check_bounds(std::size_t connections);
    // Everybody has gone and nothing may be left of them.
    void check_clean();

private:
    engineio::net::IoShard& shard(unsigned index);
    void turn(unsigned index, std::function<void()> const& action);
    bool serve(unsigned index);

    engineio::net::Site site_;  // connections end later
    socketio::Runtime runtime_;
    engineio::net::Shard::TimePoint time_;
    std::unique_ptr<socketio::Core> core_;
    std::set<socketio::Socket*> connected_;
};

}  // namespace fuzz
