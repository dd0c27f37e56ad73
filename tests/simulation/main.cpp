// The whole server on virtual time against random clients; README.md of this folder.

#include "tests/simulation/simulation.hpp"

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

namespace {

simulation::Simulation* running = nullptr;

// An assertion of the server has failed: what led to it is worth more than the core.
void on_abort(int) {
    if (running) {
        std::fprintf(stderr, "%s", running->story().c_str());
    }
    std::_Exit(1);
}

struct Arguments {
    std::uint64_t seed = 1;
    long seeds = 1;
    long steps = 20'000;
    bool numbers = false;
    simulation::Settings settings;

    bool read(int argc, char** argv) {
        for (int i = 1; i < argc; ++i) {
            std::string_view const name = argv[i];
            if (bool* const wish = switch_of(name)) {
                *wish = true;
                continue;
            }
            if (i + 1 == argc) {
                return false;
            }
            auto const value = std::strtoull(argv[++i], nullptr, 10);
            if (name == "--seed") {
                seed = value;
            } else if (name == "--seeds") {
                seeds = static_cast<long>(value);
            } else if (name == "--steps") {
                steps = static_cast<long>(value);
            } else if (name == "--shards") {
                settings.shards = static_cast<unsigned>(value);
            } else {
                return false;
            }
        }
        return true;
    }

    bool* switch_of(std::string_view name) {
        return name == "--trace"     ? &settings.trace
               : name == "--threads" ? &settings.threads
               : name == "--numbers" ? &numbers
                                     : nullptr;
    }
};

bool run(Arguments const& arguments, std::uint64_t seed, simulation::Numbers& sum) {
    simulation::Simulation simulation(seed, arguments.settings);
    running = &simulation;
    bool const good = simulation.run(arguments.steps);
    running = nullptr;
    if (!good) {
        std::fprintf(stderr, "%s", simulation.story().c_str());
        std::fprintf(stderr, "again%s: simulation --seed %llu --steps %ld%s%s\n",
                     arguments.settings.threads ? ", perhaps" : "",
                     static_cast<unsigned long long>(seed), arguments.steps,
                     arguments.settings.shards
                         ? (" --shards " + std::to_string(arguments.settings.shards)).c_str()
                         : "",
                     arguments.settings.threads ? " --threads" : "");
    }
    auto const numbers = simulation.numbers();
    if (arguments.numbers) {
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                    numbers.text().c_str());
    }
    sum += numbers;
    return good;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    if (!arguments.read(argc, argv)) {
        std::fprintf(stderr, "simulation [--seed N] [--seeds N] [--steps N] [--shards N] "
                             "[--threads] [--trace] [--numbers]\n");
        return 2;
    }
    std::signal(SIGABRT, on_abort);
    simulation::Numbers sum;
    for (long i = 0; i < arguments.seeds; ++i) {
        if (!run(arguments, arguments.seed + static_cast<std::uint64_t>(i), sum)) {
            return 1;
        }
    }
    double const took = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    std::printf("%ld seeds, %ld steps, %.1f s of CPU: %s\n", arguments.seeds,
                arguments.seeds * arguments.steps, took, sum.text().c_str());
    return 0;
}
