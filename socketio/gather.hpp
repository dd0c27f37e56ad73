#pragma once

#include "engineio/net/result.hpp"
#include "engineio/net/shard.hpp"
#include "socketio/core.hpp"

#include <coroutine>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace socketio {

/// `co_await ShardGather<T>(core, collect)`: runs `collect(shard)` on every shard and comes back to
/// the asking one with all results.
template <class T>
class ShardGather {
public:
    using Collect = std::function<std::vector<T>(engineio::net::Shard&)>;

    ShardGather(Core& core, Collect collect) : core_(core), collect_(std::move(collect)) {}
    ~ShardGather() {
        if (state_) {
            state_->waiting = nullptr;
        }
    }
    ShardGather(ShardGather const&) = delete;
    ShardGather& operator=(ShardGather const&) = delete;

    bool await_ready() const noexcept { return false; }
    // False (go on at once) if this is the only shard.
    bool await_suspend(std::coroutine_handle<> waiting) {
        auto* const origin = engineio::net::Shard::current();
        SIO_ASSERT(origin != nullptr);
        state_ = std::make_shared<State>();
        state_->pending = core_.shard_count();
        auto const collect = collect_;
        core_.on_shards([](unsigned) { return true; },
                        [origin, collect, state = state_](engineio::net::Shard& shard) {
                            auto found = collect(shard);
                            if (&shard == origin) {
                                return state->add(std::move(found));
                            }
                            origin->post([state, found = std::move(found)]() mutable {
                                state->add(std::move(found));
                            });
                        });
        if (state_->pending == 0) {
            return false;
        }
        state_->waiting = waiting;
        return true;
    }
    std::vector<T> await_resume() { return std::move(state_->results); }

private:
    struct State {
        void add(std::vector<T> found) {
            results.insert(results.end(), std::make_move_iterator(found.begin()),
                           std::make_move_iterator(found.end()));
            if (--pending == 0) {
                if (auto const handle = std::exchange(waiting, nullptr)) {
                    handle.resume();
                }
            }
        }
        std::vector<T> results;
        unsigned pending = 0;
        std::coroutine_handle<> waiting;
    };

    Core& core_;
    Collect collect_;
    std::shared_ptr<State> state_;
};

}  // namespace socketio
