#include "apps/common/worker.hpp"

#include "engineio/net/clock.hpp"
#include "engineio/net/log.hpp"

namespace apps::common {

Worker::Worker() : thread_([this] { work(); }) {}

Worker::~Worker() {
    {
        std::lock_guard const lock(mutex_);
        stopping_ = true;
    }
    added_.notify_one();
    thread_.join();
}

bool Worker::push(engineio::net::UniqueFunction job) {
    std::lock_guard const lock(mutex_);
    if (jobs_.size() >= max_waiting) {
        if (auto const silent = overload_.speaks(engineio::net::Clock::now())) {
            engineio::net::log_warn("worker",
                                    "{} jobs wait, mostly logins, and more are refused ({} were "
                                    "since the last such line)",
                                    max_waiting, *silent);
        }
        return false;
    }
    jobs_.push_back(std::move(job));
    added_.notify_one();
    return true;
}

void Worker::work() {
    while (true) {
        engineio::net::UniqueFunction job;
        {
            std::unique_lock lock(mutex_);
            added_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (stopping_) {
                return;
            }
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        job();
    }
}

}  // namespace apps::common
