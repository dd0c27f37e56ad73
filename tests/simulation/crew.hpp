#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace simulation {

// Threads that do something at the same time whenever they are told to.
class Crew {
public:
    explicit Crew(unsigned count);
    ~Crew();
    Crew(Crew const&) = delete;
    Crew& operator=(Crew const&) = delete;

    // Thread i calls job(i), this one own(); returns when all have.
    void run(std::function<void(unsigned)> const& job, std::function<void()> const& own);
    // Only that thread does something.
    void run_one(unsigned index, std::function<void()> const& job);

private:
    void serve(unsigned index);

    std::mutex mutex_;
    std::condition_variable begin_;
    std::condition_variable done_;
    std::function<void(unsigned)> const* job_ = nullptr;
    unsigned long round_ = 0;
    std::size_t busy_ = 0;
    bool over_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace simulation
