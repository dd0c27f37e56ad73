#include "engineio/sid.hpp"

#include <doctest/doctest.h>

#include <set>

namespace sid_test {

using namespace engineio;

TEST_CASE("sid: form and counter of one shard") {
    SidGenerator sids(0, 1);
    auto const first = sids.next();
    auto const second = sids.next();
    CHECK(first.size() == 20);
    CHECK(first.substr(16) == "AAAA");
    CHECK(second.substr(16) == "AAAB");
    CHECK(first.substr(0, 16) != second.substr(0, 16));
    auto const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    CHECK(first.find_first_not_of(alphabet) == std::string::npos);
}

TEST_CASE("sid: names its shard, also when the counter has run round") {
    for (unsigned shard = 0; shard < 3; ++shard) {
        SidGenerator sids(shard, 3);
        std::set<std::string> seen;
        for (int i = 0; i < 1000; ++i) {
            auto const sid = sids.next();
            CHECK(shard_of(sid, 3) == shard);
            seen.insert(sid);
        }
        CHECK(seen.size() == 1000);
    }
    // 2^24 is no multiple of 3.
    SidGenerator sids(5, (1u << 24) / 2 + 1);
    sids.next();
    CHECK(shard_of(sids.next(), (1u << 24) / 2 + 1) == 5);
    CHECK(shard_of(sids.next(), (1u << 24) / 2 + 1) == 5);
}

TEST_CASE("sid: anything else belongs to nobody") {
    for (auto const* bad : {"", "short", "1111111111111111111", "111111111111111111111",
                            "1111111111111111111+", "__proto__"}) {
        CHECK_FALSE(shard_of(bad, 4));
    }
    CHECK(shard_of("11111111111111111111", 1) == 0u);
}

}  // namespace sid_test
