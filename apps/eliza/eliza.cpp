#include "apps/eliza/eliza.hpp"

#include "apps/common/clipped.hpp"

#include <algorithm>
#include <utility>

namespace apps::eliza {

namespace {

std::optional<Refusal> check_uuid(std::string const& field, std::string const& value) {
    if (common::is_uuid(value)) {
        return std::nullopt;
    }
    // The value goes back to the caller; a short piece of it is enough to find the mistake.
    return Refusal{field + " must be a UUID", field, common::clipped(value, 64)};
}

}  // namespace

Eliza::Eliza(common::Clock clock, common::IdSource ids, std::vector<std::unique_ptr<Agent>> agents,
             Limits limits)
    : clock_(std::move(clock)), ids_(std::move(ids)), agents_(std::move(agents)), limits_(limits) {}

Outcome<LogLine> Eliza::join(std::string const& connection, Entrance entrance) {
    for (auto const& [field, value] :
         {std::pair("roomId", &entrance.room), std::pair("agentId", &entrance.agent),
          std::pair("userId", &entrance.participant)}) {
        bool const optional = value != &entrance.room;
        if (optional && value->empty()) {
            continue;
        }
        if (auto refusal = check_uuid(field, *value)) {
            return *std::move(refusal);
        }
    }
    auto room = open_room(connection, entrance.room);
    if (!room) {
        return room.error();
    }
    auto const* agent = find_agent(entrance.agent);
    if (agent != nullptr) {
        (*room)->members.insert(agent);
    }
    auto& participant = (*room)->present[connection];
    // Seed clients give no user id; an agent id of somebody else's agent is then who they are.
    auto id =
        entrance.participant.empty() && agent == nullptr ? entrance.agent : entrance.participant;
    if (!id.empty()) {
        participant.id = std::move(id);
    }
    if (!entrance.name.empty()) {
        participant.name = common::clipped(entrance.name, limits_.name_bytes);
    }
    return log("Joined room " + entrance.room, agent);
}

Outcome<LogLine> Eliza::leave(std::string const& connection, std::string const& room) {
    if (auto refusal = check_uuid("roomId", room)) {
        return *std::move(refusal);
    }
    auto const found = rooms_.find(room);
    if (found == rooms_.end() || found->second.present.erase(connection) == 0) {
        return Refusal{"Not in this room", "roomId", room};
    }
    rooms_of_[connection].erase(room);
    return log("Left room " + room, nullptr);
}

Outcome<Exchange> Eliza::say(std::string const& connection, Statement statement) {
    if (auto refusal = check_uuid("roomId", statement.room)) {
        return *std::move(refusal);
    }
    if (auto refusal = check_uuid("userId", statement.sender)) {
        return *std::move(refusal);
    }
    if (statement.text.empty()) {
        return Refusal{"text must not be empty", "text", ""};
    }
    if (statement.text.size() > limits_.text_bytes) {
        return Refusal{"text is too long", "text", ""};
    }
    auto opened = open_room(connection, statement.room);
    if (!opened) {
        return opened.error();
    }
    Room& room = **opened;
    auto const name =
        common::clipped(statement.name.empty() ? "User" : statement.name, limits_.name_bytes);
    auto const source = common::clipped(statement.source.empty() ? "client_chat" : statement.source,
                                        limits_.name_bytes);
    room.present[connection] = {statement.sender, name};
    bool const own_id = common::is_uuid(statement.message_id);
    Exchange exchange;
    exchange.line = {own_id ? statement.message_id : ids_(),
                     statement.room,
                     statement.sender,
                     name,
                     statement.text,
                     source,
                     clock_()};
    keep(room, exchange.line);
    bool const everybody = statement.direct || (room.members.empty() && is_alone(room));
    Agent const* speaker = nullptr;
    for (auto const& agent : agents_) {
        if (!everybody && room.members.count(agent.get()) == 0) {
            continue;
        }
        speaker = agent.get();
        if (auto answer = answer_of(*agent, room, statement.text); !answer.empty()) {
            Line line{ids_(),        statement.room,    agent->id(),
                      agent->name(), std::move(answer), "agent_response",
                      clock_()};
            keep(room, line);
            exchange.answers.push_back(std::move(line));
        }
    }
    exchange.log = log("Message handled in room " + statement.room, speaker);
    return exchange;
}

void Eliza::disconnect(std::string const& connection) {
    auto const found = rooms_of_.find(connection);
    if (found == rooms_of_.end()) {
        return;
    }
    for (auto const& room : found->second) {
        rooms_[room].present.erase(connection);
    }
    rooms_of_.erase(found);
}

Outcome<World> Eliza::world(std::optional<std::string> const& room) const {
    World world;
    for (auto const& agent : agents_) {
        world.agents.push_back(agent.get());
    }
    if (room) {
        if (auto refusal = check_uuid("roomId", *room)) {
            return *std::move(refusal);
        }
    }
    for (auto const& [id, state] : rooms_) {
        if (!room || *room == id) {
            world.rooms.push_back(describe(id, state, world.users));
        }
    }
    return world;
}

Agent const* Eliza::find_agent(std::string const& id) const {
    for (auto const& agent : agents_) {
        if (agent->id() == id) {
            return agent.get();
        }
    }
    return nullptr;
}

Outcome<Eliza::Room*> Eliza::open_room(std::string const& connection, std::string const& id) {
    auto& mine = rooms_of_[connection];
    if (mine.count(id) == 0 && mine.size() >= limits_.rooms_per_connection) {
        return Refusal{"Too many rooms joined", "roomId", id};
    }
    if (rooms_.count(id) == 0 && rooms_.size() >= limits_.rooms && !make_place()) {
        return Refusal{"The server has no place for another room", "roomId", id};
    }
    mine.insert(id);
    auto& room = rooms_[id];
    room.present.try_emplace(connection);
    room.touched = clock_();
    return &room;
}

// Gives up the room that has been empty and unused for the longest time, with its last lines.
bool Eliza::make_place() {
    auto oldest = rooms_.end();
    for (auto room = rooms_.begin(); room != rooms_.end(); ++room) {
        bool const older = oldest == rooms_.end() || room->second.touched < oldest->second.touched;
        if (room->second.present.empty() && older) {
            oldest = room;
        }
    }
    if (oldest == rooms_.end()) {
        return false;
    }
    rooms_.erase(oldest);
    return true;
}

// Two tabs of one user are still one person.
bool Eliza::is_alone(Room const& room) const {
    auto const& first = room.present.begin()->second.id;
    return std::all_of(room.present.begin(), room.present.end(),
                       [&](auto const& entry) { return entry.second.id == first; });
}

std::string Eliza::answer_of(Agent const& agent, Room& room, std::string const& text) const {
    auto& conversation = room.conversations[&agent];
    if (!conversation) {
        conversation = agent.begin();
    }
    return conversation->answer(text);
}

void Eliza::keep(Room& room, Line line) const {
    room.lines.push_back(std::move(line));
    while (room.lines.size() > limits_.lines_per_room) {
        room.lines.pop_front();
    }
}

LogLine Eliza::log(std::string message, Agent const* agent) const {
    // Every line names an agent, because clients filter by it; the first one stands for the server.
    if (agent == nullptr && !agents_.empty()) {
        agent = agents_.front().get();
    }
    LogLine line;
    line.time = clock_();
    line.message = std::move(message);
    line.agent_id = agent == nullptr ? "" : agent->id();
    line.agent_name = agent == nullptr ? "" : agent->name();
    return line;
}

World::Room Eliza::describe(std::string const& id, Room const& room,
                            std::map<std::string, std::string>& users) const {
    World::Room out{id, {}, {}, {room.lines.begin(), room.lines.end()}};
    std::unordered_set<std::string> listed;
    for (auto const& [connection, participant] : room.present) {
        if (!participant.id.empty() && listed.insert(participant.id).second) {
            out.participants.push_back(participant.id);
            users[participant.id] = participant.name;
        }
    }
    for (auto const* agent : room.members) {
        out.agents.push_back(agent->id());
    }
    for (auto const& line : room.lines) {
        if (find_agent(line.sender_id) == nullptr) {
            users[line.sender_id] = line.sender_name;
        }
    }
    return out;
}

}  // namespace apps::eliza
