#pragma once

#include "engineio/limits.hpp"
#include "engineio/net/shard.hpp"
#include "engineio/net/timer_wheel.hpp"

#include <chrono>
#include <cstddef>
#include <functional>

namespace engineio::net {

/// How a server ends without hurting anybody: clients are sent away in batches, so that they do not
/// all come to the next server in the same moment.
struct DrainOptions {
    /// Clients that each shard sends away at a time; more only where the deadline asks for it.
    std::size_t batch = 100;
    /// Between two batches on average: each waits for between half and one and a half of it, by
    /// chance, each shard on its own.
    std::chrono::milliseconds interval{100};
    /// So long everything goes on as before, except that health checks fail: time for load
    /// balancers to notice before new sessions are refused (503). Connections are accepted until
    /// everybody was told, as those who poll may need one to fetch what is left for them.
    std::chrono::milliseconds notice{0};
    /// So long a peer is waited for that neither fetches nor reads what is left for it.
    std::chrono::milliseconds goodbye = limits::goodbye_time;
    /// From the call to the end, notice included; what is not finished then is cut. Kubernetes
    /// kills after 30 s.
    std::chrono::milliseconds deadline{25'000};
};

/// For what ends on several shards: a function that each of `parts` calls once, on any thread; the
/// last one calls `then`. With no parts that happens at once.
std::function<void()> when_all(std::size_t parts, std::function<void()> then);

/// One shard's part of it: asks for batches until everybody was told. Used on its shard only; its
/// destruction ends it.
class Drainer {
public:
    /// Begins the end of at most so many clients; returns how many remain to be told, at least
    /// roughly.
    using CloseSome = std::function<std::size_t(std::size_t most)>;

    /// In a turn of `shard`. After the notice `begin` is called, then `close_some` at once and in
    /// intervals until it returns 0, then `told`. Returning 1 asks to be called once more.
    Drainer(Shard& shard, DrainOptions const& options, std::function<void()> begin,
            CloseSome close_some, std::function<void()> told);

private:
    void step();
    std::size_t next_batch(std::size_t left) const;

    Shard& shard_;
    DrainOptions options_;
    Clock::time_point all_told_by_;
    CloseSome close_some_;
    std::function<void()> told_;
    std::size_t batch_;
    OneShot timer_;
};

}  // namespace engineio::net
