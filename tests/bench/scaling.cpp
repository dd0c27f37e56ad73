// hubbub-scaling: one operation on the room index, many times, for tests/bench/scaling to count its
// instructions. Usage: hubbub-scaling OPERATION ROOMS MEMBERS OTHERS
//   move       a member of one room joins another and leaves it
//   broadcast  visits the MEMBERS of one room
// ROOMS rooms have two members each; OTHERS more sockets are in no room but one that nobody visits.
#include "socketio/rooms.hpp"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>

namespace {

constexpr int repetitions = 1000;

struct Member : socketio::RoomMember {
    unsigned visits = 0;
};

std::string room_name(unsigned long number) {
    return "room-" + std::to_string(number);
}

}  // namespace

// The names are what callgrind is told to count; hence no inlining.
[[gnu::noinline]] void counted_move(socketio::Rooms& rooms, Member& member,
                                    std::string const& room) {
    for (int i = 0; i < repetitions; ++i) {
        rooms.join(member, room);
        rooms.leave(member, room);
    }
}

[[gnu::noinline]] void counted_broadcast(socketio::Rooms const& rooms, std::string const& room) {
    for (int i = 0; i < repetitions; ++i) {
        rooms.for_each(room,
                       [](socketio::RoomMember& member) { ++static_cast<Member&>(member).visits; });
    }
}

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fputs("usage: hubbub-scaling move|broadcast ROOMS MEMBERS OTHERS\n", stderr);
        return 2;
    }
    auto const number = [&](int i) { return std::strtoul(argv[i], nullptr, 10); };
    std::deque<Member> members;
    socketio::Rooms rooms;
    for (unsigned long room = 0; room < number(2); ++room) {
        for (int i = 0; i < 2; ++i) {
            rooms.join(members.emplace_back(), room_name(room));
        }
    }
    for (unsigned long i = 0; i < number(3); ++i) {
        rooms.join(members.emplace_back(), "hall");
    }
    for (unsigned long i = 0; i < number(4); ++i) {
        rooms.join(members.emplace_back(), "elsewhere");
    }
    if (argv[1] == std::string_view("move")) {
        counted_move(rooms, members.front(), room_name(number(2) / 2));
    } else {
        counted_broadcast(rooms, "hall");
    }
    for (auto& member : members) {
        rooms.leave_all(member);
    }
    std::printf("%d\n", repetitions);
}
