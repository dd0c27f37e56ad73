#pragma once

#include "engineio/engine_group.hpp"
#include "engineio/net/http.hpp"
#include "engineio/net/shard.hpp"
#include "engineio/session.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

namespace engineio {

/// The Engine.IO server of one shard: validates requests (reference-behaviour 1.2), owns this
/// shard's sessions and hands requests of other shards' sessions over to them. One per shard of a
/// group, which holds the options. Made, used and destroyed on its shard, or before that runs.
class Engine final : public net::HttpHandler {
public:
    /// Makes the user of a new session; called on the shard, before the open packet is sent. If it
    /// throws, the session and its connection end.
    using Accept = std::function<std::unique_ptr<SessionHandler>(Session&)>;

    /// For `shard`, one of `shard_count`; they and `group` outlive it.
    Engine(net::Shard& shard, unsigned shard_count, EngineGroup& group, Accept accept);
    ~Engine() override;

    /// True if the raw request target belongs to this engine (prefix match, reference 1.1).
    bool owns(net::Request const& request) const;

    /// A request or upgrade whose target this engine owns.
    void on_request(net::Request request, net::Responder responder) override;

    /// Sessions on this shard; EngineGroup has the sum.
    std::size_t clients_count() const;

    /// From now on no session begins: handshakes are answered 503 and their connections end. Those
    /// there are go on. Inside a turn.
    void refuse_new();

    /// Closes every session, queued packets discarded, and refuses new ones. Inside a turn.
    void close();

private:
    struct State;
    // Shared only with answers of allow_request that are still to come.
    std::shared_ptr<State> state_;
};

}  // namespace engineio
