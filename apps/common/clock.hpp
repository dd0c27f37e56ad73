#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace apps::common {

/// Wall-clock time in milliseconds since 1970, the form every seed system writes on the wire.
/// Rules get it injected so that tests can say what time it is.
using Clock = std::function<std::int64_t()>;

/// Time for paces: the wall clock, which somebody may set back, would make a pause last for hours.
using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

inline std::int64_t wall_clock_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace apps::common
