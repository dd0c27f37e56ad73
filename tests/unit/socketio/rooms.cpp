#include "socketio/rooms.hpp"

#include "tests/rig/allocated.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace rooms_test {

using socketio::RoomMember;
using socketio::Rooms;

namespace {

struct Member final : RoomMember {};

using Names = std::vector<std::string>;

std::vector<RoomMember const*> members_of(Rooms const& rooms, std::string_view room) {
    std::vector<RoomMember const*> found;
    rooms.for_each(room, [&](RoomMember& member) { found.push_back(&member); });
    return found;
}

}  // namespace

TEST_CASE("rooms: members of a room and rooms of a member keep the order of joining") {
    Rooms rooms;
    Member a, b, c;
    CHECK(rooms.join(b, "x"));
    CHECK(rooms.join(a, "x"));
    CHECK(rooms.join(c, "x"));
    CHECK(rooms.join(a, "y"));
    CHECK(rooms.join(a, "w"));
    CHECK(members_of(rooms, "x") == std::vector<RoomMember const*>{&b, &a, &c});
    CHECK(rooms.rooms_of(a) == Names{"x", "y", "w"});

    CHECK(rooms.leave(a, "x"));
    CHECK(rooms.join(a, "x"));
    CHECK(members_of(rooms, "x") == std::vector<RoomMember const*>{&b, &c, &a});
    CHECK(rooms.rooms_of(a) == Names{"y", "w", "x"});
}

TEST_CASE("rooms: joining twice and leaving what was not joined change nothing") {
    Rooms rooms;
    Member a, b;
    CHECK(rooms.join(a, ""));  // the empty name is a name
    CHECK_FALSE(rooms.join(a, ""));
    CHECK_FALSE(rooms.leave(a, "other"));
    CHECK_FALSE(rooms.leave(b, ""));
    CHECK(rooms.size_of("") == 1);
    CHECK(a.room_count() == 1);
    CHECK(rooms.contains(a, ""));
    CHECK_FALSE(rooms.contains(b, ""));
    CHECK(rooms.size_of("other") == 0);
    CHECK(members_of(rooms, "other").empty());
}

TEST_CASE("rooms: the last to leave takes the room along") {
    Rooms rooms;
    Member a, b;
    rooms.join(a, "x");
    rooms.join(b, "x");
    rooms.leave(a, "x");
    CHECK(rooms.room_count() == 1);
    rooms.leave_all(b);
    CHECK(rooms.room_count() == 0);
    rooms.leave_all(b);
    CHECK(b.room_count() == 0);
}

TEST_CASE("rooms: one member in 100,000 rooms") {
    constexpr int count = 100'000;
    Rooms rooms;
    Member a, b;
    for (int i = 0; i < count; ++i) {
        rooms.join(a, std::to_string(i));
    }
    rooms.join(b, "77777");
    CHECK(a.room_count() == count);
    for (int i = 0; i < count; i += 2) {
        CHECK(rooms.leave(a, std::to_string(i)));
    }
    CHECK(rooms.room_count() == count / 2);
    CHECK(rooms.rooms_of(a).front() == "1");
    rooms.leave_all(a);
    CHECK(rooms.room_count() == 1);
    CHECK(rooms.contains(b, "77777"));
}

TEST_CASE("rooms: when all have left they take as little as before") {
    Rooms rooms;
    Member a, b;
    rooms.join(b, "x");
    auto const before = rig::allocated_bytes();
    for (int i = 0; i < 50'000; ++i) {
        rooms.join(a, std::to_string(i));
    }
    rooms.leave_all(a);
    CHECK(rig::allocated_bytes() < before + 2000);
    CHECK(rooms.contains(b, "x"));
}

// By hash functions that everybody has: these names have one MurmurHash, whatever its seed.
TEST_CASE("rooms: names that strangers have chosen do not all fall into one bucket") {
    constexpr std::string_view choice[] = {"\xd9\x80{=\xda\x8a\xd7\x9a", "\xd9\x80"
                                                                         "8Wup\x7f)"};
    constexpr unsigned bits = 8;
    std::vector<std::string> names(1 << bits);
    for (unsigned number = 0; number < names.size(); ++number) {
        for (unsigned bit = 0; bit < bits; ++bit) {
            auto const block = choice[(number >> bit) & 1];
            names[number].append(block).append(block);
        }
    }
    REQUIRE(std::hash<std::string_view>()(names.front()) ==
            std::hash<std::string_view>()(names.back()));
    Rooms rooms;
    Member a;
    for (auto const& name : names) {
        CHECK(rooms.join(a, name));
    }
    CHECK(rooms.room_count() == names.size());
    CHECK(rooms.fullest_bucket() < 20);
    for (auto const& name : names) {
        CHECK(rooms.leave(a, name));
    }
    CHECK(rooms.room_count() == 0);
}

TEST_CASE("rooms: a random history agrees with a naive model") {
    constexpr std::size_t member_count = 7;
    std::mt19937 random(20'261'121);
    Rooms rooms;
    std::vector<Member> members(member_count);
    std::map<std::string, std::vector<RoomMember const*>> by_room;
    std::vector<Names> by_member(member_count);
    auto const forget = [&](std::size_t who, std::string const& room) {
        auto const erased = std::erase(by_member[who], room);
        std::erase(by_room[room], &members[who]);
        return erased == 1;
    };
    for (int i = 0; i < 20'000; ++i) {
        auto const who = random() % member_count;
        auto const room = std::to_string(random() % 11);
        switch (random() % 10) {
        case 0:
            rooms.leave_all(members[who]);
            for (auto const& left : Names(by_member[who])) {
                forget(who, left);
            }
            break;
        case 1:
        case 2:
        case 3:
        case 4:
            CHECK(rooms.leave(members[who], room) == forget(who, room));
            break;
        default: {
            bool const fresh = std::ranges::count(by_member[who], room) == 0;
            CHECK(rooms.join(members[who], room) == fresh);
            if (fresh) {
                by_member[who].push_back(room);
                by_room[room].push_back(&members[who]);
            }
        }
        }
        std::erase_if(by_room, [](auto const& entry) { return entry.second.empty(); });
        REQUIRE(rooms.room_count() == by_room.size());
        REQUIRE(rooms.rooms_of(members[who]) == by_member[who]);
        auto const model = by_room.find(room);
        REQUIRE(members_of(rooms, room) ==
                (model == by_room.end() ? std::vector<RoomMember const*>() : model->second));
    }
}

}  // namespace rooms_test
