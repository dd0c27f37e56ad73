#include "apps/fuse/fuse.hpp"

#include <algorithm>
#include <utility>

namespace apps::fuse {

using socketio::Json;
using socketio::RawJson;

namespace {

// Ids come from clients and go to others, so control characters are kept out.
bool is_printable(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

}  // namespace

Refusal invalid_field(std::string message, std::string field) {
    return {code::invalid_format, std::move(message), std::move(field)};
}

Fuse::Fuse(Journal& journal, common::Clock clock, common::IdSource ids, Limits limits)
    : journal_(journal), clock_(std::move(clock)), ids_(std::move(ids)), limits_(limits) {
    auto state = journal_.load();
    users_ = std::move(state.users);
    for (auto const& [id, kept] : state.rooms) {
        ++rooms_made_[kept.maker.user];
        rooms_[id].kept = kept;
        weigh(id, rooms_[id]);
    }
    for (auto const& [room, user] : state.members) {
        rooms_[room].members.insert(user);
        ++rooms_joined_[user];
    }
    for (auto const& [id, kept] : state.rooms) {
        if (rooms_[id].members.empty()) {
            forget(id);
        }
    }
    for (auto const& task : state.tasks) {
        ++tasks_made_[task.creator];
        store(task);
    }
}

std::string Fuse::name_of(std::string const& user) const {
    auto const found = users_.find(user);
    return found == users_.end() ? std::string() : found->second;
}

// --- rooms -------------------------------------------------------------------------------------

std::optional<Refusal> Fuse::check_room_id(std::string const& room) const {
    if (room.empty() || room.size() > limits_.id_bytes || !is_printable(room)) {
        return invalid_field("Invalid room id", "roomId");
    }
    return std::nullopt;
}

Outcome<Fuse::Room*> Fuse::open(Speaker const& who, std::string const& id) {
    if (auto const found = rooms_.find(id); found != rooms_.end()) {
        return &found->second;
    }
    Maker const maker{who.user, who.place};
    auto const made = rooms_made_.find(who.user);
    if ((made != rooms_made_.end() && made->second >= limits_.rooms_per_user) ||
        !make_room(maker)) {
        return Refusal{code::permission_denied, "Too many rooms", "roomId"};
    }
    ++rooms_made_[who.user];
    auto& room = rooms_[id];
    room.kept = {maker, clock_(), 0};
    weigh(id, room);
    journal_.room_made(id, room.kept);
    return &room;
}

// For one more of that maker. Those who are present somewhere keep their room, but nobody keeps
// others from making some by having made many.
bool Fuse::make_room(Maker const& maker) {
    bool const counts = !maker.place.empty();
    while (counts && room_shares_.of_place(maker) >= limits_.rooms_per_place) {
        auto const id = room_shares_.first_to_go_there(maker);
        if (!id) {
            return false;
        }
        forget(*id);
    }
    while (rooms_.size() >= limits_.rooms) {
        auto const id = room_shares_.first_to_go(maker);
        if (!id) {
            return false;
        }
        forget(*id);
    }
    return true;
}

void Fuse::weigh(std::string const& id, Room const& room) {
    room_shares_.put(id, {.maker = room.kept.maker,
                          .may_go = room.present.empty(),
                          .worth = room.kept.messages,
                          .time = room.kept.created});
}

Outcome<std::vector<std::string>> Fuse::join(Speaker const& who, std::string const& id) {
    if (auto refusal = check_room_id(id)) {
        return *std::move(refusal);
    }
    auto& seat = seats_[who.connection];
    if (seat.second.count(id) == 0 && seat.second.size() >= limits_.rooms_per_connection) {
        return Refusal{code::permission_denied, "Too many rooms joined", "roomId"};
    }
    auto const joined = rooms_joined_.find(who.user);
    if (joined != rooms_joined_.end() && joined->second >= limits_.rooms_per_member &&
        !may_read(who.user, id)) {
        return Refusal{code::permission_denied, "Too many rooms joined, leave one", "roomId"};
    }
    auto const opened = open(who, id);
    if (!opened) {
        return opened.error();
    }
    auto& room = **opened;
    seat.first = who.user;
    if (seat.second.insert(id).second) {
        ++room.present[who.user];
        weigh(id, room);
    }
    if (room.members.insert(who.user).second) {
        ++rooms_joined_[who.user];
        journal_.joined(id, who.user);
    }
    return present(room);
}

Outcome<void> Fuse::leave(Speaker const& who, std::string const& id) {
    if (auto refusal = check_room_id(id)) {
        return *std::move(refusal);
    }
    auto const found = rooms_.find(id);
    if (found == rooms_.end()) {
        return Refusal{code::room_not_found, "Room not found", "roomId"};
    }
    if (auto const seat = seats_.find(who.connection);
        seat != seats_.end() && seat->second.second.erase(id) != 0) {
        step_out(who.user, id);
    }
    bool const elsewhere = found->second.present.count(who.user) != 0;
    if (!elsewhere && found->second.members.erase(who.user) != 0) {
        drop_member(who.user);
        journal_.left(id, who.user);
        if (found->second.members.empty()) {  // and so nobody present
            forget(id);
        }
    }
    return {};
}

void Fuse::drop_member(std::string const& user) {
    if (auto const joined = rooms_joined_.find(user); --joined->second == 0) {
        rooms_joined_.erase(joined);
    }
}

// In which nobody is present.
void Fuse::forget(std::string id) {
    auto const room = rooms_.extract(id);
    for (auto const& user : room.mapped().members) {
        drop_member(user);
    }
    if (auto const made = rooms_made_.find(room.mapped().kept.maker.user); --made->second == 0) {
        rooms_made_.erase(made);
    }
    room_shares_.erase(id);
    journal_.room_gone(id);
}

void Fuse::disconnect(std::uint64_t connection) {
    auto const seat = seats_.extract(connection);
    if (!seat) {
        return;
    }
    auto const& [user, rooms] = seat.mapped();
    for (auto const& room : rooms) {
        step_out(user, room);
    }
}

void Fuse::step_out(std::string const& user, std::string const& id) {
    auto& room = rooms_.at(id);
    auto const found = room.present.find(user);
    if (found != room.present.end() && --found->second == 0) {
        room.present.erase(found);
        weigh(id, room);
    }
}

std::vector<std::string> Fuse::present(Room const& room) const {
    std::vector<std::string> users;
    for (auto const& [user, connections] : room.present) {
        if (users.size() == limits_.listed_members) {
            break;
        }
        users.push_back(user);
    }
    return users;
}

bool Fuse::may_read(std::string const& user, std::string const& room) const {
    auto const found = rooms_.find(room);
    return found != rooms_.end() && found->second.members.count(user) != 0;
}

Outcome<Spoken> Fuse::speak(Speaker const& who, std::string const& id, std::string const& content,
                            Json const& metadata, std::string const& message_id) {
    if (auto refusal = check_room_id(id)) {
        return *std::move(refusal);
    }
    auto const room = rooms_.find(id);
    if (room == rooms_.end()) {
        return Refusal{code::room_not_found, "Room not found", "roomId"};
    }
    auto const seat = seats_.find(who.connection);
    if (seat == seats_.end() || seat->second.second.count(id) == 0) {
        return Refusal{code::permission_denied, "Join the room first", "roomId"};
    }
    if (content.empty() || content.size() > limits_.content_bytes) {
        return invalid_field("Content is empty or too long", "content");
    }
    auto const& type = metadata["type"];
    bool const is_object = metadata.is_null() || metadata.is_object();
    auto text = metadata.dump();
    if (!is_object || !(type.is_null() || type.is_string()) ||
        text.size() > limits_.metadata_bytes) {
        return invalid_field("Invalid metadata", "metadata");
    }
    auto const now = clock_();
    bool const duplicate = recent_.knows(who.user, message_id, now);
    Line line{message_id.empty() ? ids_() : message_id,     id, who.user, content, std::nullopt,
              recent_.first_seen(who.user, message_id, now)};
    if (!metadata.is_null()) {
        line.metadata = RawJson::trusted(std::move(text));
    }
    if (!duplicate) {
        ++room->second.kept.messages;
        journal_.said(line);
    }
    return Spoken{std::move(line), duplicate};
}

}  // namespace apps::fuse
