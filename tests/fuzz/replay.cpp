// fuzz-replay CORPUS [TARGET [FILE...]]: gives every target the inputs of CORPUS/<target>, then a
// few thousand mutations of them that are the same in every run. Without a fuzzer, for the test
// suite; with files, just those, to look at a finding.

#include "tests/fuzz/fuzz.hpp"

#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

namespace fuzz {
namespace {

namespace fs = std::filesystem;
using Sample = std::vector<std::uint8_t>;

// So much of the processor for the mutations of one target; what is slow under a sanitizer gets
// fewer of them.
constexpr std::clock_t patience = CLOCKS_PER_SEC / 4;
constexpr std::size_t most_mutations = 3000;
constexpr std::size_t longest_mutated = 600;

// What runs now, for the last words.
char const* running_target = "";
Sample const* running_input = nullptr;

// Not what a signal handler may do, but the program is lost anyway.
void leave_input() {
    if (auto* const file = std::fopen("fuzz-replay-failure", "wb"); file && running_input) {
        std::fwrite(running_input->data(), 1, running_input->size(), file);
        std::fclose(file);
    }
    std::fprintf(stderr, "target %s, input in ./fuzz-replay-failure\n", running_target);
}

extern "C" void on_signal(int signal) {
    std::signal(signal, SIG_DFL);
    leave_input();
    std::raise(signal);
}

// A sanitizer ends the program without a signal.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

Sample read(fs::path const& path) {
    std::ifstream file(path, std::ios::binary);
    return Sample(std::istreambuf_iterator<char>(file), {});
}

std::vector<Sample> corpus_of(fs::path const& folder) {
    std::vector<fs::path> paths;
    for (auto const& entry : fs::directory_iterator(folder)) {
        paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    std::vector<Sample> samples;
    for (auto const& path : paths) {
        samples.push_back(read(path));
    }
    return samples;
}

void mutate(Sample& sample, Sample const& other, Numbers& numbers) {
    auto const place = [&](std::size_t size) {
        return numbers.below(static_cast<std::uint32_t>(size));
    };
    for (auto changes = 1 + numbers.below(4); changes != 0; --changes) {
        auto const at = static_cast<std::ptrdiff_t>(place(sample.size() + 1));
        auto const there = at < static_cast<std::ptrdiff_t>(sample.size());
        switch (numbers.below(5)) {
        case 0:  // a bit
            if (there) {
                sample[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1U << place(8));
            }
            break;
        case 1:  // a byte, new
            sample.insert(sample.begin() + at, static_cast<std::uint8_t>(place(256)));
            break;
        case 2:  // bytes, gone
            sample.erase(sample.begin() + at,
                         sample.begin() + at +
                             place(std::min<std::size_t>(9, sample.size() + 1 -
                                                                static_cast<std::size_t>(at))));
            break;
        case 3:  // another byte
            if (there) {
                sample[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(place(256));
            }
            break;
        default: {  // a piece of another
            auto const from = place(other.size() + 1);
            auto const size = place(std::min<std::size_t>(20, other.size() + 1 - from));
            sample.insert(sample.begin() + at, other.begin() + from, other.begin() + from + size);
        }
        }
    }
}

void run(Target const& target, Sample const& sample) {
    running_input = &sample;
    // A copy of exactly that size: a read behind it is noticed by the sanitizers.
    auto const exact = std::make_unique<std::uint8_t[]>(sample.size());
    std::copy(sample.begin(), sample.end(), exact.get());
    target.run({exact.get(), sample.size()});
}

std::size_t run_mutations(Target const& target, std::vector<Sample> const& samples) {
    auto const end = std::clock() + patience;
    Numbers numbers(1);
    std::size_t count = 0;
    auto const pick = [&]() -> Sample const& {
        return samples[numbers.below(static_cast<std::uint32_t>(samples.size()))];
    };
    while (count < most_mutations && std::clock() < end) {
        auto sample = pick();
        sample.resize(std::min(sample.size(), longest_mutated));
        mutate(sample, pick(), numbers);
        run(target, sample);
        ++count;
    }
    return count;
}

bool replay(Target const& target, fs::path const& corpus) {
    auto const folder = corpus / target.name;
    if (!fs::is_directory(folder) || fs::is_empty(folder)) {
        std::printf("%s: no corpus in %s\n", target.name, folder.c_str());
        return false;
    }
    auto const samples = corpus_of(folder);
    for (auto const& sample : samples) {
        run(target, sample);
    }
    auto const mutations = run_mutations(target, samples);
    std::printf("%s: %zu inputs, %zu mutations\n", target.name, samples.size(), mutations);
    return true;
}

}  // namespace
}  // namespace fuzz

int main(int argc, char** argv) {
    using namespace fuzz;
    if (argc < 2) {
        std::fprintf(stderr, "usage: fuzz-replay CORPUS [TARGET [FILE...]]\n");
        return 2;
    }
    std::signal(SIGABRT, on_signal);
    if (__sanitizer_set_death_callback) {
        __sanitizer_set_death_callback(leave_input);
    } else {
        std::signal(SIGSEGV, on_signal);
    }
    bool good = true;
    std::size_t found = 0;
    for (auto const& target : targets()) {
        running_target = target.name;
        if (argc > 2 && std::strcmp(argv[2], target.name) != 0) {
            continue;
        }
        ++found;
        for (int i = 3; i < argc; ++i) {
            run(target, read(argv[i]));
        }
        good &= argc > 3 || replay(target, argv[1]);
    }
    return good && found != 0 ? 0 : 1;
}
