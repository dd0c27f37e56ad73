#include "apps/dungeonlab/dungeonlab.hpp"

#include <algorithm>
#include <utility>

namespace apps::dungeonlab {

namespace {

// Ids come from clients and end up in logs and notices, so control characters are kept out.
bool is_printable(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

Refusal refuse(std::string message, std::string room = {}) {
    return {std::move(message), std::move(room), std::nullopt};
}

}  // namespace

DungeonLab::DungeonLab(common::Clock clock, Access access, Limits limits)
    : clock_(std::move(clock)), access_(std::move(access)), limits_(limits) {}

void DungeonLab::connect(std::string const& connection, User user) {
    remove_connection(connection);
    connections_[connection] = {std::move(user), {}};
}

Outcome<Arrival> DungeonLab::join(std::string const& connection, std::string const& session,
                                  std::string const& actor) {
    auto const found = connections_.find(connection);
    if (found == connections_.end()) {
        return refuse("Not connected");
    }
    auto& [user, current] = found->second;
    if (session.empty() || session.size() > limits_.session_id_bytes || !is_printable(session)) {
        return refuse("Invalid session id");
    }
    if (auto const objection = access_(user, session)) {
        auto refusal = refuse(*objection, session);
        if (current == session) {
            refusal.departure = remove_user(User(user).id);
        }
        return refusal;
    }
    auto const active = sessions_.size() - idle_.size();
    bool const opens = sessions_.count(session) == 0 || sessions_[session].present.empty();
    if (opens && active >= limits_.sessions) {
        return refuse("Too many active sessions");
    }
    Arrival arrival;
    if (auto const other = session_of_user_.find(user.id);
        other != session_of_user_.end() && other->second != session) {
        arrival.left = remove_user(user.id);
    }
    auto& room = sessions_[session];
    idle_.erase(std::remove(idle_.begin(), idle_.end(), session), idle_.end());
    auto& presence = room.present[user.id];
    presence.user = user;
    presence.actor = actor.empty() ? presence.actor : actor;
    presence.connections.insert(connection);
    session_of_user_[user.id] = session;
    current = session;
    arrival.session = session;
    arrival.user = user;
    arrival.timestamp = stamp(room);
    arrival.members = members(session);
    arrival.map = recall(room, StateKind::map);
    arrival.initiative = recall(room, StateKind::initiative);
    return arrival;
}

Outcome<std::optional<Departure>> DungeonLab::leave(std::string const& connection,
                                                    std::optional<std::string> const& session) {
    auto const found = connections_.find(connection);
    if (found == connections_.end() || found->second.session.empty()) {
        return refuse("Not in a game session", session.value_or(""));
    }
    if (session && *session != found->second.session) {
        return refuse("Not a member of this session", *session);
    }
    return remove_connection(connection);
}

std::optional<Departure> DungeonLab::disconnect(std::string const& connection) {
    auto departure = remove_connection(connection);
    connections_.erase(connection);
    return departure;
}

Outcome<Ticket> DungeonLab::authorise(std::string const& connection,
                                      std::optional<std::string> const& session) {
    auto const found = connections_.find(connection);
    if (found == connections_.end() || found->second.session.empty()) {
        return refuse("Not in a game session", session.value_or(""));
    }
    auto const& [user, current] = found->second;
    if (session && *session != current) {
        return refuse("Not a member of this session", *session);
    }
    if (auto const objection = access_(user, current)) {
        auto refusal = refuse(*objection, current);
        refusal.departure = remove_user(User(user).id);
        return refusal;
    }
    return Ticket{current, user, stamp(sessions_[current])};
}

std::optional<Departure> DungeonLab::recheck(std::string const& user_id) {
    auto const where = session_of_user_.find(user_id);
    if (where == session_of_user_.end() ||
        !access_(sessions_[where->second].present[user_id].user, where->second)) {
        return std::nullopt;
    }
    return remove_user(user_id);
}

Outcome<Ticket> DungeonLab::chat(std::string const& connection,
                                 std::optional<std::string> const& session, std::string_view text,
                                 std::size_t metadata_bytes) {
    auto ticket = authorise(connection, session);
    if (!ticket) {
        return ticket;
    }
    if (text.empty()) {
        return refuse("Chat message is empty");
    }
    if (text.size() > limits_.chat_bytes) {
        return refuse("Chat message is too long");
    }
    if (metadata_bytes > limits_.chat_metadata_bytes) {
        return refuse("Chat metadata is too long");
    }
    return ticket;
}

void DungeonLab::remember(Ticket const& ticket, StateKind kind, std::string json) {
    auto const found = sessions_.find(ticket.session);
    if (found == sessions_.end()) {
        return;
    }
    auto& kept = found->second.states[kind];
    if (kept.timestamp > ticket.timestamp) {
        return;  // two shards raced between authorise and here; the later stamp wins
    }
    kept.timestamp = ticket.timestamp;
    kept.json = json.size() > limits_.remembered_bytes ? std::string() : std::move(json);
}

Outcome<Profile> DungeonLab::profile(std::string const& connection,
                                     std::optional<std::string> const& user_id) const {
    auto const found = connections_.find(connection);
    if (found == connections_.end()) {
        return refuse("Not connected");
    }
    auto const& [user, current] = found->second;
    auto const session = current.empty() ? std::nullopt : std::optional(current);
    if (!user_id || *user_id == user.id) {
        return Profile{user, session};
    }
    if (session) {
        auto const& present = sessions_.at(current).present;
        if (auto const other = present.find(*user_id); other != present.end()) {
            return Profile{other->second.user, session};
        }
    }
    return refuse("User not found");  // same answer for strangers: presence elsewhere is private
}

std::vector<User> DungeonLab::members(std::string const& session) const {
    std::vector<User> list;
    auto const found = sessions_.find(session);
    if (found == sessions_.end()) {
        return list;
    }
    for (auto const& entry : found->second.present) {
        if (list.size() == limits_.listed_members) {
            break;
        }
        auto const& presence = entry.second;
        list.push_back(presence.user);
    }
    return list;
}

std::string DungeonLab::session_of(std::string const& connection) const {
    auto const found = connections_.find(connection);
    return found == connections_.end() ? std::string() : found->second.session;
}

std::optional<std::string> DungeonLab::connection_of(std::string const& user,
                                                     std::string const& session) const {
    auto const room = sessions_.find(session);
    if (room == sessions_.end()) {
        return std::nullopt;
    }
    auto const presence = room->second.present.find(user);
    return presence == room->second.present.end()
               ? std::nullopt
               : std::optional(*presence->second.connections.begin());
}

void DungeonLab::clear(std::string const& session) {
    auto const found = sessions_.find(session);
    while (found != sessions_.end() && !found->second.present.empty()) {
        auto const last = found->second.present.size() == 1;
        remove_user(std::string(found->second.present.begin()->first));
        if (last) {
            return;  // the session may have been forgotten with its last member
        }
    }
}

std::optional<Departure> DungeonLab::remove_connection(std::string const& connection) {
    auto const found = connections_.find(connection);
    if (found == connections_.end() || found->second.session.empty()) {
        return std::nullopt;
    }
    auto const session = std::exchange(found->second.session, {});
    auto const user = found->second.user;
    auto& present = sessions_[session].present;
    auto const presence = present.find(user.id);
    if (presence == present.end()) {
        return std::nullopt;
    }
    presence->second.connections.erase(connection);
    if (!presence->second.connections.empty()) {
        return std::nullopt;
    }
    return finish_departure(session, user);
}

std::optional<Departure> DungeonLab::remove_user(std::string const& user_id) {
    auto const where = session_of_user_.find(user_id);
    if (where == session_of_user_.end()) {
        return std::nullopt;
    }
    auto const session = where->second;
    auto const& presence = sessions_[session].present[user_id];
    auto user = presence.user;
    for (auto const& connection : presence.connections) {
        connections_[connection].session.clear();
    }
    return finish_departure(session, std::move(user));
}

Departure DungeonLab::finish_departure(std::string const& session, User user) {
    auto& room = sessions_[session];
    auto actor = room.present[user.id].actor;
    room.present.erase(user.id);
    session_of_user_.erase(user.id);
    auto const timestamp = stamp(room);
    Departure departure{session, std::move(user), std::move(actor), timestamp, members(session)};
    retire_if_empty(session);
    return departure;
}

void DungeonLab::retire_if_empty(std::string const& session) {
    if (!sessions_[session].present.empty()) {
        return;
    }
    idle_.push_back(session);
    while (idle_.size() > limits_.idle_sessions) {
        sessions_.erase(idle_.front());
        idle_.pop_front();
    }
}

// Strictly increasing within a session, so a client can drop an update that another shard's later
// one overtook on the way.
std::int64_t DungeonLab::stamp(Session& session) {
    session.last_stamp = std::max(session.last_stamp + 1, clock_());
    return session.last_stamp;
}

std::optional<std::string> DungeonLab::recall(Session const& session, StateKind kind) const {
    auto const found = session.states.find(kind);
    if (found == session.states.end() || found->second.json.empty()) {
        return std::nullopt;
    }
    return found->second.json;
}

}  // namespace apps::dungeonlab
