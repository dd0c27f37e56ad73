#pragma once

#include <atomic>
#include <chrono>

namespace engineio::net {

// The allocator keeps what was freed, for it lies scattered: after a flood or a crowd that is most
// of the process. Hands it back to the system. One for the process, as the allocator is: of the
// shards that have done something one claims the next look, and takes it some seconds later, so a
// process in which nothing happens does not wake up. Any thread.
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

    // What look() can't: malloc_trim() leaves the free end of each thread's memory alone, and glibc
    // keeps of it up to twice the largest block that was ever freed, 64 MiB at most, unless it is
    // told: once in a process, and not if its environment says something about it.
    static void limit_free_ends() noexcept;
    // Hands the calling thread's back, but for limits::max_idle_free_end_bytes.
    static void give_back_free_end() noexcept;

    // True if there was enough that it was worth handing back.
    static bool look();

private:
    static std::atomic<bool> claimed_;
};

}  // namespace engineio::net
