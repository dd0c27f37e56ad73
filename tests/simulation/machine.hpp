#pragma once

#include "engineio/net/http_server.hpp"
#include "engineio/net/metrics.hpp"
#include "engineio/net/shard.hpp"
#include "socketio/core.hpp"
#include "tests/simulation/dice.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace simulation {

// The whole server without its threads and its clock: one thread takes the turns of all shards in
// an order that the dice decide, and time is what pass() says. Everything else is the real thing,
// from the listener to the sockets.
class Machine {
public:
    using TimePoint = engineio::net::Shard::TimePoint;

    Machine(socketio::ServerOptions options, unsigned shards, Dice& dice);
    ~Machine();
    Machine(Machine const&) = delete;
    Machine& operator=(Machine const&) = delete;

    socketio::Core& core() { return *core_; }
    unsigned shard_count() const { return runtime_.shard_count(); }
    engineio::net::Shard& shard(unsigned index) { return runtime_.shard(index); }
    std::string const& path() const { return path_; }
    TimePoint now() const;
    engineio::net::Metrics metrics();
    std::size_t armed_timers();
    std::size_t rooms(std::string const& space);

    // After the handlers are registered.
    void listen();
    // Some shard does something, if there is anything to do.
    bool step(unsigned shard, bool all);
    bool step_all();
    void turn(unsigned shard, std::function<void()> const& action);
    // Only the clock; what is due happens in the next turns.
    void move_clock(std::chrono::milliseconds time);
    // The next deadline of any shard.
    std::optional<TimePoint> next_due();

private:
    bool serve_ready(unsigned shard, bool all);

    Dice& dice_;
    engineio::net::HttpServer runtime_;
    std::unique_ptr<socketio::Core> core_;
    std::string folder_;
    std::string path_;
};

}  // namespace simulation
