#pragma once

#include "engineio/net/log.hpp"
#include "tests/rig/server_rig.hpp"

#include <cstdint>
#include <string_view>

namespace rig {

// For test cases that meet limits on purpose: their lines in the log say nothing new.
struct Quiet {
    Quiet() { engineio::net::set_level(engineio::net::Level::off); }
    ~Quiet() { engineio::net::set_level(engineio::net::Level::info); }
};

// How often the limit was met.
inline std::uint64_t hits(World& world, std::string_view limit) {
    auto const all = world.metrics().limit_hits;
    auto const found = all.find(limit);
    return found == all.end() ? 0 : found->second;
}

}  // namespace rig
