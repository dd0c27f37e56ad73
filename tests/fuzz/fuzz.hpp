#pragma once

// What the targets share. A target is a function of one input that ends the program when something
// it checks does not hold; README.md says how they are run.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

using Bytes = std::span<std::uint8_t const>;

[[noreturn]] inline void failed(char const* what, char const* file, int line) {
    std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    std::abort();
}

// In every build. Two values are printed when they should have been the same.
#define FUZZ_CHECK(condition)                                                                      \
    (static_cast<bool>(condition) ? static_cast<void>(0)                                           \
                                  : ::fuzz::failed(#condition, __FILE__, __LINE__))
#define FUZZ_SAME(a, b) ::fuzz::same((a), (b), #a " == " #b, __FILE__, __LINE__)

inline void same(std::string const& a, std::string const& b, char const* what, char const* file,
                 int line) {
    if (a != b) {
        std::fprintf(stderr, "one:   %s\nother: %s\n", a.c_str(), b.c_str());
        failed(what, file, line);
    }
}

// An input, read from its front; zeros follow its end.
class Input {
public:
    explicit Input(Bytes bytes) : bytes_(bytes) {}

    std::uint8_t byte() {
        if (bytes_.empty()) {
            return 0;
        }
        auto const first = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return first;
    }
    bool empty() const { return bytes_.empty(); }
    std::string_view take(std::size_t count) {
        auto const part = bytes_.first(std::min(count, bytes_.size()));
        bytes_ = bytes_.subspan(part.size());
        return {reinterpret_cast<char const*>(part.data()), part.size()};
    }
    std::string_view rest() { return take(bytes_.size()); }
    // Up to the next such byte, which is left out.
    std::string_view until(char end) {
        std::string_view const all(reinterpret_cast<char const*>(bytes_.data()), bytes_.size());
        auto const at = all.find(end);
        auto const piece = take(std::min(at, all.size()));
        byte();
        return piece;
    }

private:
    Bytes bytes_;
};

// A small generator of numbers, the same everywhere.
class Numbers {
public:
    explicit Numbers(std::uint32_t seed) : state_(seed * 2654435761U + 1) {}
    std::uint32_t below(std::uint32_t limit) {
        state_ = state_ * 1664525U + 1013904223U;
        return static_cast<std::uint32_t>((std::uint64_t{state_} * limit) >> 32);
    }

private:
    std::uint32_t state_;
};

// Gives `data` to `feed(std::span<char>)` in pieces as `seed` says: 0 in one, 1 byte by byte, else
// of any lengths. Each piece is a copy of its own, so that reading over its end is noticed.
template <class Feed>
void in_pieces(std::string_view data, std::uint8_t seed, Feed feed) {
    Numbers numbers(seed);
    std::vector<char> single(1);  // not thousands of them
    std::uint32_t const longest = seed % 3 == 0 ? 4 : seed % 3 == 1 ? 17 : 300;
    while (!data.empty()) {
        std::size_t const wanted = seed == 0   ? data.size()
                                   : seed == 1 ? 1
                                               : 1 + std::size_t{numbers.below(longest)};
        auto const part = data.substr(0, wanted);
        if (wanted == 1) {
            single.front() = part.front();
            feed(std::span<char>(single));
        } else {
            std::vector<char> piece(part.begin(), part.end());
            feed(std::span<char>(piece));
        }
        data.remove_prefix(part.size());
    }
}

struct Target {
    char const* name;
    void (*run)(Bytes input);
};

// All of them that this program has (targets.cpp).
std::span<Target const> targets();

}  // namespace fuzz
