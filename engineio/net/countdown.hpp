#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace engineio::net {

// A function for each of `parts` to call once, on any thread; the last of these calls calls `then`.
// Without parts there is nobody to call it.
inline std::function<void()> countdown(std::size_t parts, std::function<void()> then) {
    auto const left = std::make_shared<std::atomic<std::size_t>>(parts);
    return [left, then = std::move(then)] {
        if (left->fetch_sub(1) == 1) {
            then();
        }
    };
}

}  // namespace engineio::net
