#include "engineio/net/unused_memory.hpp"

#include "engineio/limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <mutex>
#include <optional>
#include <string_view>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace engineio::net {

std::atomic<bool> UnusedMemory::claimed_{false};

namespace {

// The rest of the time is the shard's.
constexpr int share = 1000;

struct Memory {
    std::int64_t resident;  // anonymous pages
    std::int64_t unused;    // of it, what is not allocated; stacks and the like included
};

// One look comes long after another.
std::atomic<std::int64_t> kept{0};              // of the unused, what can't be handed back
std::atomic<UnusedMemory::Delay::rep> cost{0};  // of the last look

// Of a processor: on a busy machine a look may last long that costs little.
UnusedMemory::Delay thread_time() {
    rusage used{};
    ::getrusage(RUSAGE_THREAD, &used);
    return std::chrono::seconds(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           std::chrono::microseconds(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

// The fields 2 and 3 of /proc/self/statm (proc(5)): resident, and of it not anonymous.
std::optional<std::int64_t> resident_bytes() {
    int const file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return std::nullopt;
    }
    std::array<char, 128> text{};
    auto const bytes = ::read(file, text.data(), text.size());
    ::close(file);
    std::int64_t pages[3] = {};
    auto const* at = text.data();
    auto const* const end = at + std::max<ssize_t>(bytes, 0);
    for (auto& number : pages) {
        auto const [next, error] = std::from_chars(at, end, number);
        if (error != std::errc()) {
            return std::nullopt;
        }
        at = std::min(next + 1, end);
    }
    return (pages[1] - pages[2]) * ::sysconf(_SC_PAGESIZE);
}

#ifdef __GLIBC__
// The operator's word, see mallopt(3) and the GNU C Library's "Memory Allocation Tunables".
bool environment_tells() noexcept {
    auto const* const tunables = std::getenv("GLIBC_TUNABLES");
    auto const told = std::string_view(tunables ? tunables : "");
    return std::getenv("MALLOC_TRIM_THRESHOLD_") || std::getenv("MALLOC_MMAP_THRESHOLD_") ||
           told.find("trim_threshold") != told.npos || told.find("mmap_threshold") != told.npos;
}

void keep_free_ends(int bytes) noexcept {
    ::mallopt(M_TRIM_THRESHOLD, bytes);
}

// Giving one fixes the other at what it is, so both are given.
bool give_thresholds() noexcept {
    if (environment_tells()) {
        return false;
    }
    ::mallopt(M_MMAP_THRESHOLD, limits::min_mapped_bytes);
    keep_free_ends(limits::max_free_end_bytes);
    return true;
}

std::optional<Memory> measure() {
    auto const resident = resident_bytes();
    if (!resident) {
        return std::nullopt;
    }
    auto const info = ::mallinfo2();
    return Memory{*resident, *resident - static_cast<std::int64_t>(info.uordblks + info.hblkhd)};
}

// What handing back is likely to give. Only whole pages are, so each byte in use keeps several:
// when some of them are freed, those can go, too.
double expected(Memory const& now) {
    auto const used = std::max<std::int64_t>(now.resident - now.unused, 1);
    return static_cast<double>(now.unused - kept) * static_cast<double>(now.resident) /
           static_cast<double>(used);
}

bool give_back() {
    auto const now = measure();
    if (!now) {
        return false;
    }
    kept = std::min(kept.load(), now->unused);
    auto const worth_it = std::max(limits::min_unused_memory_bytes, now->resident / 64);
    if (expected(*now) <= static_cast<double>(worth_it)) {
        return false;
    }
    ::malloc_trim(0);
    auto const then = measure();
    kept = then ? then->unused : now->unused;
    return true;
}
#else
void keep_free_ends(int) noexcept {}

bool give_thresholds() noexcept {
    return false;
}

bool give_back() {
    return false;
}
#endif

// Looks on the first call.
bool thresholds_are_ours() noexcept {
    static bool const ours = give_thresholds();
    return ours;
}

}  // namespace

UnusedMemory::Delay UnusedMemory::delay() noexcept {
    return std::max<Delay>(limits::unused_memory_interval, Delay(cost) * share);
}

void UnusedMemory::limit_free_ends() noexcept {
    thresholds_are_ours();
}

void UnusedMemory::give_back_free_end() noexcept {
    static std::mutex mutex;  // guards the threshold, which is the process's
    std::lock_guard const lock(mutex);
    bool const ours = thresholds_are_ours();
    if (ours) {
        keep_free_ends(limits::max_idle_free_end_bytes);
    }
    // FASTBIN_CONSOLIDATION_THRESHOLD in malloc.c: it tidies up when this much is freed. Volatile,
    // as a compiler may leave both calls out.
    void* volatile large = std::malloc(64 * 1024);
    std::free(large);
    if (ours) {
        keep_free_ends(limits::max_free_end_bytes);
    }
}

bool UnusedMemory::look() {
    // Who frees something from here on has to claim the next look.
    disclaim();
    auto const begin = thread_time();
    bool const given = give_back();
    cost = (thread_time() - begin).count();
    return given;
}

}  // namespace engineio::net
