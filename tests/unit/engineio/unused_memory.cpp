#include "engineio/net/unused_memory.hpp"

#include "engineio/limits.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace unused_memory_test {

using engineio::net::UnusedMemory;

// Sanitizers have an allocator of their own.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

std::size_t resident_bytes() {
    std::size_t total = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Small pieces of which a few remain, so that the allocator by itself could not give back the rest.
std::vector<std::unique_ptr<std::string>> fill_and_free(std::size_t bytes) {
    std::vector<std::unique_ptr<std::string>> pieces;
    for (std::size_t i = 0; i < bytes / 4000; ++i) {
        pieces.push_back(std::make_unique<std::string>(4000, 'x'));
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (i % 1000 != 999) {
            pieces[i].reset();
        }
    }
    return pieces;
}

}  // namespace

TEST_CASE("unused memory: what was freed goes back to the system, again and again") {
    UnusedMemory::look();
    auto const before = resident_bytes();
    for (int i = 0; i < 3; ++i) {
        CAPTURE(i);
        auto const rest = fill_and_free(64'000'000);
        CHECK(resident_bytes() > before + 50'000'000);
        CHECK(UnusedMemory::look());
        CHECK(resident_bytes() < before + 5'000'000);
    }
}

TEST_CASE("unused memory: a little that keeps many pages is worth it") {
    std::vector<std::string> pages;
    std::vector<std::string> pins;
    for (int i = 0; i < 2500; ++i) {
        pages.emplace_back(4000, 'x');
        pins.emplace_back(64, 'x');
    }
    pages.clear();
    UnusedMemory::look();
    auto const before = resident_bytes();
    pins.clear();  // less than limits::min_unused_memory_bytes
    CHECK(UnusedMemory::look());
    CHECK(resident_bytes() < before - 5'000'000);
}

TEST_CASE("unused memory: little is not worth it, nor is what is in use") {
    std::string const used(1'000'000, 'x');
    UnusedMemory::look();
    std::vector<std::string> const more(100, std::string(100'000, 'x'));
    CHECK_FALSE(UnusedMemory::look());
    fill_and_free(engineio::limits::min_unused_memory_bytes / 64);
    CHECK_FALSE(UnusedMemory::look());
}

TEST_CASE("unused memory: the free end of a thread's memory goes back, too") {
    UnusedMemory::limit_free_ends();
    std::size_t before = 0;
    std::size_t full = 0;
    std::size_t after = 0;
    std::thread([&] {
        std::make_unique<std::string>(30'000'000, 'x').reset();
        std::vector<std::unique_ptr<std::string>> pieces(5000);
        before = resident_bytes();
        for (auto& piece : pieces) {
            piece = std::make_unique<std::string>(4000, 'x');
        }
        full = resident_bytes();
        for (auto& piece : pieces) {
            piece.reset();
        }
        UnusedMemory::give_back_free_end();
        after = resident_bytes();
    }).join();
    CHECK(full > before + 19'000'000);
    CHECK(after < before + 2 * engineio::limits::max_idle_free_end_bytes);
}

#endif

TEST_CASE("unused memory: one of all claims the next look") {
    UnusedMemory::disclaim();
    CHECK(UnusedMemory::claim());
    CHECK_FALSE(UnusedMemory::claim());
    SUBCASE("until it has looked") {
        UnusedMemory::look();
    }
    SUBCASE("or gone") {
        UnusedMemory::disclaim();
    }
    CHECK(UnusedMemory::claim());
    UnusedMemory::disclaim();
    CHECK(UnusedMemory::delay() >= engineio::limits::unused_memory_interval);
}

}  // namespace unused_memory_test
