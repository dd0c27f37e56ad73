#include "apps/common/fair_die.hpp"

#include "engineio/net/text.hpp"

#include <cstdint>
#include <limits>

namespace apps::common {

int fair_die(int sides) {
    auto const range = static_cast<std::uint32_t>(sides);
    // What lies above the last full multiple would favour the low numbers.
    auto const limit = std::numeric_limits<std::uint32_t>::max() / range * range;
    std::uint32_t number = 0;
    do {
        engineio::net::random_fill(&number, sizeof number);
    } while (number >= limit);
    return static_cast<int>(number % range) + 1;
}

}  // namespace apps::common
