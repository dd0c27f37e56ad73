#include "tests/simulation/crew.hpp"

namespace simulation {

Crew::Crew(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        threads_.emplace_back([this, i] { serve(i); });
    }
}

Crew::~Crew() {
    {
        std::lock_guard const lock(mutex_);
        over_ = true;
    }
    begin_.notify_all();
    for (auto& thread : threads_) {
        thread.join();
    }
}

void Crew::run(std::function<void(unsigned)> const& job, std::function<void()> const& own) {
    {
        std::lock_guard const lock(mutex_);
        job_ = &job;
        busy_ = threads_.size();
        ++round_;
    }
    begin_.notify_all();
    own();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
}

void Crew::run_one(unsigned index, std::function<void()> const& job) {
    run(
        [&](unsigned who) {
            if (who == index) {
                job();
            }
        },
        [] {});
}

void Crew::serve(unsigned index) {
    unsigned long seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
        begin_.wait(lock, [&] { return over_ || round_ != seen; });
        if (over_) {
            return;
        }
        seen = round_;
        auto const& job = *job_;
        lock.unlock();
        job(index);
        lock.lock();
        if (--busy_ == 0) {
            done_.notify_one();
        }
    }
}

}  // namespace simulation
