#pragma once

#include "engineio/net/http_server.hpp"
#include "engineio/net/metrics.hpp"
#include "engineio/net/shard.hpp"
#include "socketio/core.hpp"
#include "tests/simulation/crew.hpp"
#include "tests/simulation/dice.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace simulation {

// The whole server without its threads and its clock: one thread takes the turns of all shards in
// an order that the dice decide, and time is what pass() says. Everything else is the real thing,
// from the listener to the sockets. With `threads` every shard has one after all, and what burst()
// says they do at the same time.
class Machine {
public:
    using TimePoint = engineio::net::Shard::TimePoint;

    Machine(socketio::ServerOptions options, unsigned shards, Dice& dice, bool threads);
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
    std::size_t coroutines();

    // After the handlers are registered.
    void listen();
    // Some shard does something, if there is anything to do.
    bool step(unsigned shard, bool all);
    bool step_all();
    // So many steps of each shard, while this thread does `own`.
    void burst(std::vector<int> const& steps, std::function<void()> const& own);
    // All there is to do and what follows from it, or some of that.
    bool burst_all();
    void turn(unsigned shard, std::function<void()> const& action);
    // Only the clock; what is due happens in the next turns.
    void move_clock(std::chrono::milliseconds time);
    // Somebody sets the wall clock, which nothing but dates may follow.
    void set_wall_clock(std::chrono::seconds ahead);
    // The next deadline of any shard.
    std::optional<TimePoint> next_due();

private:
    bool serve_ready(unsigned shard, bool all);
    Dice& dice_of(unsigned shard) { return crew_ ? shard_dice_[shard] : dice_; }

    Dice& dice_;
    std::vector<Dice> shard_dice_;
    std::unique_ptr<Crew> crew_;
    engineio::net::HttpServer runtime_;
    std::unique_ptr<socketio::Core> core_;
    std::string folder_;
    std::string path_;
};

}  // namespace simulation
