#pragma once

#include "engineio/net/keyed_hash.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace socketio {

struct Membership;

/// What can be in rooms: the base of Socket. Unlinked by Rooms::leave_all.
class RoomMember {
public:
    RoomMember() = default;
    RoomMember(RoomMember const&) = delete;
    RoomMember& operator=(RoomMember const&) = delete;
    std::size_t room_count() const { return room_count_; }

protected:
    ~RoomMember() = default;

private:
    friend class Rooms;
    Membership* first_ = nullptr;
    std::size_t room_count_ = 0;
};

struct Room {
    std::string name;
    std::size_t hash = 0;  // of the name
    Membership* first = nullptr;
    Membership* last = nullptr;
    std::size_t size = 0;
};

/// One member in one room: a node of the room's list (order of joining) and of the member's.
struct Membership {
    Room* room;
    RoomMember* member;
    Membership* next_in_room = nullptr;
    Membership* previous_in_room = nullptr;
    Membership* next_of_member = nullptr;
    Membership* previous_of_member = nullptr;
};

/// The index room <-> member of one namespace on one shard. Join, leave and look-up cost the same
/// for one room or 100,000, whoever chose their names; members of a room keep the order of joining.
/// Pure; on that shard only.
class Rooms {
public:
    Rooms() = default;
    ~Rooms();
    Rooms(Rooms const&) = delete;
    Rooms& operator=(Rooms const&) = delete;

    /// False if the member was in that room.
    bool join(RoomMember& member, std::string_view room);
    /// False if it was not. An empty room is forgotten.
    bool leave(RoomMember& member, std::string_view room);
    void leave_all(RoomMember& member);

    bool contains(RoomMember const& member, std::string_view room) const;
    /// The rooms of a member, in order of joining.
    std::vector<std::string> rooms_of(RoomMember const& member) const;
    std::size_t room_count() const { return rooms_.size(); }
    std::size_t size_of(std::string_view room) const;
    /// How many rooms a look-up may have to compare. For tests: takes time.
    std::size_t fullest_bucket() const;

    /// Calls `visit(RoomMember&)` for each member in order of joining. `visit` must not join or
    /// leave anything.
    template <class F>
    void for_each(std::string_view room, F&& visit) const {
        auto const found = rooms_.find(Name(room));
        if (found == rooms_.end()) {
            return;
        }
        for (Membership* node = found->second->first; node != nullptr; node = node->next_in_room) {
            visit(*node->member);
        }
    }

private:
    // With its hash, so that what has been looked up costs no second one.
    struct Name {
        explicit Name(std::string_view name) : text(name), hash(engineio::net::KeyedHash()(name)) {}
        explicit Name(Room const& room) : text(room.name), hash(room.hash) {}
        bool operator==(Name const& other) const = default;

        std::string_view text;
        std::size_t hash;
    };
    struct NameHash {
        std::size_t operator()(Name const& name) const noexcept { return name.hash; }
    };
    struct Key {
        Room const* room;
        RoomMember const* member;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(Key const& key) const;
        std::size_t operator()(Membership const* node) const;
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(Membership const* a, Membership const* b) const { return a == b; }
        bool operator()(Key const& key, Membership const* node) const;
        bool operator()(Membership const* node, Key const& key) const { return (*this)(key, node); }
    };

    Membership* find(RoomMember const& member, Name const& room) const;
    void remove(Membership* node);

    std::unordered_map<Name, std::unique_ptr<Room>, NameHash> rooms_;  // keys live in them
    boost::unordered_flat_set<Membership*, Hash, Equal> memberships_;
};

}  // namespace socketio
