#pragma once

#include <atomic>
#include <chrono>

namespace engineio::net {

// The allocator keeps what was freed, for it lies scattered: after a flood or a crowd that is most
// of the process. Hands it back to the system. One for the process, as the allocator is: a shard
// that has done something claims the next look, and takes it some seconds later, so a process in
// which nothing happens does not wake up. Any thread.
class UnusedMemory {
public:
    using Delay = std::chrono::steady_clock::duration;

    // Whether it is the caller who is to look() after delay(), or to disclaim().
    static bool claim() noexcept {
        return !claimed_.load(std::memory_order_relaxed) &&
               !claimed_.exchange(true, std::memory_order_relaxed);
    }
    static void disclaim() noexcept { claimed_.store(false, std::memory_order_relaxed); }
    // limits::unused_memory_interval, or longer, so that looking takes a thousandth of a thread.
    static Delay delay() noexcept;

    // True if there was enough that it was worth handing back.
    static bool look();

private:
    static std::atomic<bool> claimed_;
};

}  // namespace engineio::net
