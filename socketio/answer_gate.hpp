#pragma once

#include "engineio/net/shard.hpp"

#include <mutex>
#include <utility>

namespace socketio {

/// The way home for what an Adapter answers: on any thread, and perhaps when the server is gone.
/// Shared by the Core, which closes it, and the functions the adapter was given.
class AnswerGate {
public:
    /// Any thread. Once closed the task is dropped.
    void post(engineio::net::Shard& shard, engineio::net::UniqueFunction task) {
        std::lock_guard const lock(mutex_);
        if (open_) {
            shard.post(std::move(task));
        }
    }
    void close() {
        std::lock_guard const lock(mutex_);
        open_ = false;
    }

private:
    std::mutex mutex_;  // guards open_, and holds the shards while one is used
    bool open_ = true;
};

}  // namespace socketio
