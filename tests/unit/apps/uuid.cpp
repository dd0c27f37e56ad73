#include "apps/common/uuid.hpp"

#include "apps/common/clipped.hpp"

#include <doctest/doctest.h>

#include <set>

namespace uuid_test {

using namespace apps::common;

TEST_CASE("random UUIDs are version 4 and differ") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        auto const id = random_uuid();
        CHECK(is_uuid(id));
        CHECK(id[14] == '4');
        CHECK(std::string("89ab").find(id[19]) != std::string::npos);
        seen.insert(id);
    }
    CHECK(seen.size() == 100);
}

TEST_CASE("what is a UUID") {
    CHECK(is_uuid("00000000-0000-0000-0000-000000000000"));
    CHECK(is_uuid("ABCDEFab-1234-5678-9abc-def012345678"));
    CHECK_FALSE(is_uuid(""));
    CHECK_FALSE(is_uuid("00000000-0000-0000-0000-00000000000"));
    CHECK_FALSE(is_uuid("00000000-0000-0000-0000-00000000000g"));
    CHECK_FALSE(is_uuid("000000000000-0000-0000-0000-00000000"));
}

TEST_CASE("clipping never cuts a character") {
    CHECK(clipped("abc", 2) == "ab");
    CHECK(clipped("abc", 3) == "abc");
    CHECK(clipped("a\xC3\xA9", 2) == "a");
    CHECK(clipped("\xF0\x9F\x90\x89", 3).empty());
    CHECK(clipped("", 0).empty());
}

}  // namespace uuid_test
