#pragma once

#include <cstddef>
#include <limits>

namespace engineio::net {

/// `a + b`, but at most what a size can say: an option that says so means "any number".
constexpr std::size_t saturated_sum(std::size_t a, std::size_t b) {
    std::size_t total = 0;
    return __builtin_add_overflow(a, b, &total) ? std::numeric_limits<std::size_t>::max() : total;
}

/// `a * b`, likewise.
constexpr std::size_t saturated_product(std::size_t a, std::size_t b) {
    std::size_t total = 0;
    return __builtin_mul_overflow(a, b, &total) ? std::numeric_limits<std::size_t>::max() : total;
}

}  // namespace engineio::net
