#pragma once

#include <cstdint>
#include <random>

namespace simulation {

// The one source of chance: the same seed gives the same numbers with every standard library.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    int below(int limit) { return static_cast<int>(engine_() % static_cast<unsigned>(limit)); }
    bool one_in(int chances) { return below(chances) == 0; }

private:
    std::mt19937_64 engine_;
};

}  // namespace simulation
