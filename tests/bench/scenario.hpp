#pragma once

#include "tests/bench/client.hpp"
#include "tests/bench/process.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bench {

struct Options {
    std::string scenario;
    std::uint16_t port = 0;
    int process = 0;  // of the server; 0: nothing of it is measured
    std::size_t clients = 64;
    std::size_t window = 1;  // messages in flight, of each client or of the sender
    std::size_t size = 32;   // bytes of payload
    double seconds = 2;
    double warm_up = 0.5;
    double rate = 0;  // echoes or broadcasts per second in all; 0: as fast as answers come
    bool ack = false;
    bool binary = false;
    std::string transport = "websocket";  // of `connect`: websocket, polling or upgrade
};

// What was counted between begin() and end().
class Measurement {
public:
    explicit Measurement(int process) : process_(process) {}

    void begin();
    void end();
    bool running() const { return running_; }
    void message() { messages_ += running_; }
    void messages(std::size_t count) { messages_ += running_ ? count : 0; }
    void latency(Clock::duration time) {
        if (running_) {
            latencies_.push_back(static_cast<float>(std::chrono::duration<double>(time).count()));
        }
    }
    void value(std::string const& name, double number) { values_.emplace_back(name, number); }
    std::size_t count() const { return messages_; }
    // One line of JSON.
    std::string json();

private:
    double percentile(double share);

    int process_;
    bool running_ = false;
    std::size_t messages_ = 0;
    Clock::time_point started_{};
    double seconds_ = 0;
    double own_cpu_ = 0;
    Usage used_;
    std::vector<float> latencies_;
    std::vector<std::pair<std::string, double>> values_;
};

// One way to use a server. Runs warm-up, measurement and the check that nothing is missing.
class Scenario {
public:
    virtual ~Scenario() = default;
    virtual void run(Measurement& measurement) = 0;
};

std::unique_ptr<Scenario> make_echo(Options const& options);
std::unique_ptr<Scenario> make_broadcast(Options const& options);
std::unique_ptr<Scenario> make_idle(Options const& options);
std::unique_ptr<Scenario> make_light(Options const& options);
std::unique_ptr<Scenario> make_connect(Options const& options);
std::unique_ptr<Scenario> make_polling(Options const& options);

// A fixed load: how many are due at a rate, from the first question on. What could not be sent in
// its time, because answers are missing, is not made up for.
class Pace {
public:
    explicit Pace(double rate) : rate_(rate) {}
    explicit operator bool() const { return rate_ > 0; }
    // Whether one more should be sent now; `able`: one can be.
    bool due(bool able);

private:
    double rate_;
    double issued_ = 0;
    Clock::time_point begun_{};
};

// Opens all clients, a few at a time; complains if that takes too long.
void connect_all(Loop& loop, std::vector<std::unique_ptr<WebSocketClient>>& clients,
                 std::uint16_t port);
// Warm-up, measurement, then until `drained`. `work` is called between events.
void measure(
    Loop& loop, Options const& options, Measurement& measurement, bool& stopping,
    std::function<bool()> const& drained, std::function<void()> const& work = [] {});

// `size` bytes that tell who sent them and which one it is.
std::string make_payload(std::uint32_t client, std::uint64_t sequence, std::size_t size);

}  // namespace bench
