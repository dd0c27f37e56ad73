#include "apps/common/worker.hpp"

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
