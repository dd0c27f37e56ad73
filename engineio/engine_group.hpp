#pragma once

#include "engineio/config.hpp"
#include "engineio/handshake_rates.hpp"
#include "engineio/middleware.hpp"
#include "engineio/net/admission.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace engineio {

class Engine;

/// What the engines of all shards of one server share, and the application's side of them (Node:
/// `io.engine`). Owned by the server; outlives its engines. Set up by one thread and fixed once the
/// first engine exists; then any thread.
class EngineGroup {
public:
    /// Throws std::invalid_argument as check_options() does.
    explicit EngineGroup(Options options);
    EngineGroup(EngineGroup const&) = delete;
    EngineGroup& operator=(EngineGroup const&) = delete;

    /// Adds a middleware; they run in this order. Throws std::logic_error once an engine exists.
    void use(Middleware middleware);

    /// As given to the server, but ping_interval and ping_timeout are limits::max_ping_time at
    /// most.
    Options const& options() const { return options_; }
    /// Open sessions of all shards; approximate while they come and go.
    std::size_t clients_count() const { return clients_.load(std::memory_order_relaxed); }
    /// Once the engines exist: closes every session, queued packets discarded, with the
    /// reason "forced close". New requests are answered 503.
    void close();

    // --- for the engines -------------------------------------------------------------------------

    /// @private For the engines.
    std::vector<Middleware> const& middlewares() const { return middlewares_; }
    void add(Engine& engine, std::function<void()> close);
    void remove(Engine& engine);
    void count(int change) { clients_.fetch_add(change, std::memory_order_relaxed); }
    /// Null: sessions may begin as often as they like.
    HandshakeRates* handshake_rates() { return handshake_rates_.get(); }
    /// Null: there may be any number of them.
    net::Admission* seats() { return seats_.get(); }
    /// Custom ids do not name their shard, so they are listed here, and only they: the shard of the
    /// session; and to enter an id, which fails if it is in use.
    std::optional<unsigned> shard_of(std::string_view sid) const;
    /// @private For the engines.
    bool claim(std::string const& sid, unsigned shard);
    void release(std::string const& sid);

private:
    Options const options_;
    std::vector<Middleware> middlewares_;
    std::unique_ptr<HandshakeRates> handshake_rates_;
    std::shared_ptr<net::Admission> const seats_;
    std::unordered_map<Engine*, std::function<void()>> engines_;
    std::atomic<std::size_t> clients_{0};
    mutable std::mutex sids_mutex_;  // guards custom_sids_
    std::unordered_map<std::string, unsigned> custom_sids_;
};

}  // namespace engineio
