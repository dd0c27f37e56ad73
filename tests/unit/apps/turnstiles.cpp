#include "apps/common/turnstiles.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace turnstiles_test {

using apps::common::Turnstiles;

TEST_CASE("each person has one turnstile as long as somebody holds it") {
    Turnstiles turnstiles;
    auto const ana = turnstiles.of("ana");
    CHECK(turnstiles.of("ana") == ana);
    CHECK(turnstiles.of("ben") != ana);
}

TEST_CASE("so many may hold a turnstile") {
    Turnstiles turnstiles;
    auto first = turnstiles.of("ana", 2);
    auto const second = turnstiles.of("ana", 2);
    CHECK(second == first);
    CHECK(turnstiles.of("ana", 2) == nullptr);
    CHECK(turnstiles.of("ben", 2) != nullptr);
    first.reset();
    CHECK(turnstiles.of("ana", 2) == second);
}

TEST_CASE("turnstiles that nobody holds are forgotten when they have become many") {
    Turnstiles turnstiles;
    auto const held = turnstiles.of("held");
    for (std::size_t i = 1; i < Turnstiles::few; ++i) {
        turnstiles.of(std::to_string(i));
    }
    CHECK(turnstiles.size() == Turnstiles::few);
    turnstiles.of("one more");
    CHECK(turnstiles.size() <= 2);
    CHECK(turnstiles.of("held") == held);
    std::vector<Turnstiles::TurnstilePtr> all;
    for (std::size_t i = 0; i < 10 * Turnstiles::few; ++i) {
        all.push_back(turnstiles.of(std::to_string(i)));
    }
    CHECK(turnstiles.size() >= all.size());
    all.clear();
    for (std::size_t i = 0; i < 20 * Turnstiles::few; ++i) {
        turnstiles.of("again " + std::to_string(i));
    }
    CHECK(turnstiles.size() <= 20 * Turnstiles::few);
    CHECK(turnstiles.of("held") == held);
}

}  // namespace turnstiles_test
