#include "socketio/rooms.hpp"

#include "engineio/net/table_room.hpp"

#include <algorithm>
#include <cstdint>

namespace socketio {

std::size_t Rooms::Hash::operator()(Key const& key) const {
    // Two pointers into one word; allocations share their low bits, so these must be mixed in.
    auto const a = reinterpret_cast<std::uintptr_t>(key.room);
    auto const b = reinterpret_cast<std::uintptr_t>(key.member);
    std::uint64_t mixed = (a ^ (b * 0x9e3779b97f4a7c15ull)) * 0xbf58476d1ce4e5b9ull;
    return static_cast<std::size_t>(mixed ^ (mixed >> 31));
}

std::size_t Rooms::Hash::operator()(Membership const* node) const {
    return (*this)(Key{node->room, node->member});
}

bool Rooms::Equal::operator()(Key const& key, Membership const* node) const {
    return key.room == node->room && key.member == node->member;
}

Rooms::~Rooms() {
    for (Membership* node : memberships_) {
        delete node;
    }
}

Membership* Rooms::find(RoomMember const& member, Name const& room) const {
    auto const found = rooms_.find(room);
    if (found == rooms_.end()) {
        return nullptr;
    }
    auto const node = memberships_.find(Key{found->second.get(), &member});
    return node == memberships_.end() ? nullptr : *node;
}

bool Rooms::join(RoomMember& member, std::string_view room) {
    Name const name(room);
    auto found = rooms_.find(name);
    if (found == rooms_.end()) {
        auto made = std::make_unique<Room>();
        made->name = room;
        made->hash = name.hash;
        Name const key(*made);
        found = rooms_.emplace(key, std::move(made)).first;
    } else if (memberships_.contains(Key{found->second.get(), &member})) {
        return false;
    }
    Room* const target = found->second.get();
    auto* const node = new Membership{target, &member};
    memberships_.insert(node);

    node->previous_in_room = target->last;
    (target->last ? target->last->next_in_room : target->first) = node;
    target->last = node;
    ++target->size;

    node->next_of_member = member.first_;
    if (member.first_) {
        member.first_->previous_of_member = node;
    }
    member.first_ = node;
    ++member.room_count_;
    return true;
}

bool Rooms::leave(RoomMember& member, std::string_view room) {
    Membership* const node = find(member, Name(room));
    if (!node) {
        return false;
    }
    remove(node);
    return true;
}

void Rooms::leave_all(RoomMember& member) {
    while (member.first_) {
        remove(member.first_);
    }
}

void Rooms::remove(Membership* node) {
    memberships_.erase(node);
    engineio::net::give_back_room(memberships_);
    Room* const room = node->room;
    (node->previous_in_room ? node->previous_in_room->next_in_room : room->first) =
        node->next_in_room;
    (node->next_in_room ? node->next_in_room->previous_in_room : room->last) =
        node->previous_in_room;
    RoomMember& member = *node->member;
    (node->previous_of_member ? node->previous_of_member->next_of_member : member.first_) =
        node->next_of_member;
    if (node->next_of_member) {
        node->next_of_member->previous_of_member = node->previous_of_member;
    }
    --member.room_count_;
    delete node;
    if (--room->size == 0) {
        rooms_.erase(rooms_.find(Name(*room)));
        engineio::net::give_back_room(rooms_);
    }
}

bool Rooms::contains(RoomMember const& member, std::string_view room) const {
    return find(member, Name(room)) != nullptr;
}

std::vector<std::string> Rooms::rooms_of(RoomMember const& member) const {
    std::vector<std::string> names(member.room_count_);
    auto slot = names.rbegin();  // the member's list has the latest first
    for (Membership* node = member.first_; node != nullptr; node = node->next_of_member) {
        *slot++ = node->room->name;
    }
    return names;
}

std::size_t Rooms::size_of(std::string_view room) const {
    auto const found = rooms_.find(Name(room));
    return found == rooms_.end() ? 0 : found->second->size;
}

std::size_t Rooms::fullest_bucket() const {
    std::size_t most = 0;
    for (std::size_t bucket = 0; bucket < rooms_.bucket_count(); ++bucket) {
        most = std::max(most, rooms_.bucket_size(bucket));
    }
    return most;
}

}  // namespace socketio
