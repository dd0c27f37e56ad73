#include "engineio/net/table_room.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <doctest/doctest.h>

#include <unordered_set>

namespace table_room_test {

using engineio::net::give_back_room;

TEST_CASE_TEMPLATE("table room: a table whose crowd has left is small again", Table,
                   std::unordered_set<int>, boost::unordered_flat_set<int>) {
    Table table;
    for (int i = 0; i < 10'000; ++i) {
        table.insert(i);
    }
    for (int i = 0; i < 10'000; ++i) {
        if (i % 1000 != 7) {
            table.erase(i);
            give_back_room(table);
            REQUIRE(table.bucket_count() <= 64 + 8 * (table.size() + 1));
        }
    }
    CHECK(table.size() == 10);
    CHECK(table.contains(9007));
}

TEST_CASE("table room: few of the erasures build it anew") {
    std::unordered_set<int> table;
    for (int i = 0; i < 10'000; ++i) {
        table.insert(i);
    }
    int rebuilt = 0;
    auto buckets = table.bucket_count();
    for (int i = 0; i < 10'000; ++i) {
        table.erase(i);
        give_back_room(table);
        rebuilt += table.bucket_count() != buckets;
        buckets = table.bucket_count();
    }
    CHECK(rebuilt > 2);
    CHECK(rebuilt < 10);
}

}  // namespace table_room_test
