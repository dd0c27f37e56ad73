#include "engineio/engine_group.hpp"

#include "engineio/net/table_room.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace engineio {

namespace {

// What the open packet promises and clients count on.
Options within_clients_reach(Options options) {
    options.ping_interval = std::min(options.ping_interval, limits::max_ping_time);
    options.ping_timeout = std::min(options.ping_timeout, limits::max_ping_time);
    return options;
}

}  // namespace

EngineGroup::EngineGroup(Options options)
    : options_(within_clients_reach(std::move(options))),
      seats_(net::Admission::make(
          {"max_sessions", options_.limits.max_sessions},
          {"max_sessions_per_address", options_.limits.max_sessions_per_address})) {
    check_options(options_);
    auto const& limits = options_.limits;
    if (limits.handshake_rate || limits.handshake_rate_per_address) {
        handshake_rates_ = std::make_unique<HandshakeRates>(limits.handshake_rate,
                                                            limits.handshake_rate_per_address);
    }
}

void EngineGroup::use(Middleware middleware) {
    if (!engines_.empty()) {
        throw std::logic_error("HTTP middlewares must be added before the server listens");
    }
    middlewares_.push_back(std::move(middleware));
}

void EngineGroup::close() {
    for (auto const& [engine, close] : engines_) {
        close();
    }
}

void EngineGroup::add(Engine& engine, std::function<void()> close) {
    engines_.emplace(&engine, std::move(close));
}

void EngineGroup::remove(Engine& engine) {
    engines_.erase(&engine);
}

std::optional<unsigned> EngineGroup::shard_of(std::string_view sid) const {
    std::lock_guard lock(sids_mutex_);
    auto const found = custom_sids_.find(std::string(sid));
    return found == custom_sids_.end() ? std::nullopt : std::optional(found->second);
}

bool EngineGroup::claim(std::string const& sid, unsigned shard) {
    std::lock_guard lock(sids_mutex_);
    return custom_sids_.emplace(sid, shard).second;
}

void EngineGroup::release(std::string const& sid) {
    std::lock_guard lock(sids_mutex_);
    custom_sids_.erase(sid);
    net::give_back_room(custom_sids_);
}

}  // namespace engineio
