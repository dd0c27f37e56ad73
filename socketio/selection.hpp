#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

/// One room or several, as `to`, `in` and `except` take them.
class RoomList {
public:
    /// From one name, or from several.
    RoomList(std::convertible_to<std::string_view> auto const& room)
        : names{std::string(std::string_view(room))} {}
    RoomList(std::initializer_list<std::string_view> rooms) : names(rooms.begin(), rooms.end()) {}
    RoomList(std::vector<std::string> rooms) : names(std::move(rooms)) {}

    /// The names, in the order given.
    std::vector<std::string> names;
};

/// Who hears a broadcast: the union of `rooms` (all sockets of the namespace if empty) without
/// the members of any room in `except`.
struct Selection {
    /// Names of rooms.
    std::vector<std::string> rooms;
    /// Names of rooms.
    std::vector<std::string> except;
};

}  // namespace socketio
