#pragma once

#include "tests/simulation/actor.hpp"
#include "tests/simulation/app.hpp"
#include "tests/simulation/dice.hpp"
#include "tests/simulation/machine.hpp"
#include "tests/simulation/model.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace simulation {

struct Settings {
    unsigned shards = 0;   // 0: as the seed will have it
    bool threads = false;  // a thread for each shard
    bool trace = false;    // everything that happens, to standard error
};

// What was done, to see that something was.
struct Numbers {
    long connections = 0;
    long upgrades = 0;
    long moves = 0;  // of connections to another shard
    long volatile_dropped = 0;
    long garbage = 0;
    long events = 0;
    long disconnects = 0;
    long recoveries = 0;
    long recovered_events = 0;
    long questions = 0;
    std::chrono::seconds time{0};
    std::map<std::string, long> reasons;
    std::uint64_t hash = 0;  // of everything that happened, in order

    Numbers& operator+=(Numbers const& other);
    std::string text() const;
};

// One seed: a server, its clients, the model of what they may see, and the order in which all of
// them take turns.
class Simulation {
public:
    Simulation(std::uint64_t seed, Settings const& settings);
    ~Simulation();

    // False if something was wrong; story() then tells what.
    bool run(long steps);
    std::string story() const;
    Numbers numbers() const;

private:
    void step();
    void step_server();
    void burst();
    void set_wall_clock();
    void settle();
    void pass(std::chrono::milliseconds time);
    void finish();
    void check_clean();
    void expect_none(char const* what, std::uint64_t count);
    void trace(std::string line);

    std::uint64_t seed_;
    Settings settings_;
    Dice dice_;
    std::unique_ptr<Model> model_;
    std::unique_ptr<Machine> machine_;
    std::unique_ptr<App> app_;
    std::vector<std::unique_ptr<Actor>> actors_;
    Machine::TimePoint begin_;
    long step_ = 0;
    std::optional<unsigned> busy_;  // a shard whose thread has no time
    long busy_until_ = 0;
    std::vector<int> allotted_;     // steps for the next burst
    std::deque<std::string> last_;  // lines of the trace
    std::uint64_t hash_ = 14695981039346656037ULL;
};

}  // namespace simulation
