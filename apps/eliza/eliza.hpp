#pragma once

#include "apps/common/clock.hpp"
#include "apps/common/uuid.hpp"
#include "apps/eliza/agent.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace apps::eliza {

/// Bounds on what clients can make the server remember; together they cap the world near 100 MB.
struct Limits {
    std::size_t text_bytes = 4000;
    std::size_t name_bytes = 128;
    std::size_t rooms = 512;
    std::size_t lines_per_room = 50;  ///< kept for `world-state`
    std::size_t rooms_per_connection = 64;
};

/// The server every channel belongs to unless a message names another one.
inline constexpr char default_server_id[] = "00000000-0000-0000-0000-000000000000";

/// A line that was said. `created_at` in milliseconds.
struct Line {
    std::string id;
    std::string room;
    std::string sender_id;
    std::string sender_name;
    std::string text;
    std::string source;  ///< where it came from, "client_chat" or "agent_response"
    std::int64_t created_at = 0;
};

/// A line of the live log. Never holds message texts.
struct LogLine {
    int level = 30;  ///< pino's numbers: 30 is info
    std::int64_t time = 0;
    std::string message;
    std::string agent_id;
    std::string agent_name;
};

/// Who enters a room. `agent` names an agent of the server to be brought along, if it is one.
struct Entrance {
    std::string room;
    std::string participant;  ///< may be empty: nobody in particular
    std::string name;
    std::string agent;
};

/// What somebody says. `message_id` is kept if it is a UUID; a direct line is for the agent even
/// if it was never brought into the room.
struct Statement {
    std::string room;
    std::string sender;
    std::string name;
    std::string text;
    std::string message_id;
    std::string source;
    bool direct = false;
};

/// What follows from a statement: the line itself, then the agents' lines in order.
struct Exchange {
    Line line;
    std::vector<Line> answers;
    LogLine log;
};

struct World {
    struct Room {
        std::string id;
        std::vector<std::string> participants;
        std::vector<std::string> agents;
        std::vector<Line> lines;
    };
    std::vector<Agent const*> agents;
    std::map<std::string, std::string> users;  ///< id → name
    std::vector<Room> rooms;
};

/// Why a request was refused: the text and the field it is about.
struct Refusal {
    std::string error;
    std::string field;
    std::string value;
};

template <typename T>
using Outcome = boost::system::result<T, Refusal>;

/// The rules of a place where people and agents talk: rooms, who is in them, what was said last.
/// Knows no socket and no JSON. Owned by the system's `Lounge` behind a lock; not thread-safe.
class Eliza {
public:
    Eliza(common::Clock clock, common::IdSource ids, std::vector<std::unique_ptr<Agent>> agents,
          Limits limits = {});

    /// Enters a room, which comes into being by it. Idempotent.
    Outcome<LogLine> join(std::string const& connection, Entrance entrance);

    /// Leaves a room. Refused if the connection is not in it.
    Outcome<LogLine> leave(std::string const& connection, std::string const& room);

    /// Says something in a room; the speaker enters it first if necessary, as upstream creates
    /// unknown channels. Agents answer if they are in the room, if the line is direct, or if
    /// nobody else is there to answer.
    Outcome<Exchange> say(std::string const& connection, Statement statement);

    /// Forgets the connection; rooms nobody is in any more stay until their place is needed.
    void disconnect(std::string const& connection);

    /// What is known, of one room or of all. An unknown room gives an empty world with agents.
    Outcome<World> world(std::optional<std::string> const& room) const;

    Agent const* find_agent(std::string const& id) const;

private:
    struct Participant {
        std::string id;
        std::string name;
    };
    struct Room {
        std::unordered_map<std::string, Participant> present;  // by connection
        std::map<Agent const*, std::unique_ptr<Conversation>> conversations;
        std::unordered_set<Agent const*> members;  // agents who answer every line
        std::deque<Line> lines;
        std::int64_t touched = 0;
    };

    Outcome<Room*> open_room(std::string const& connection, std::string const& id);
    bool make_place();
    bool is_alone(Room const& room) const;
    std::string answer_of(Agent const& agent, Room& room, std::string const& text) const;
    void keep(Room& room, Line line) const;
    LogLine log(std::string message, Agent const* agent) const;
    World::Room describe(std::string const& id, Room const& room,
                         std::map<std::string, std::string>& users) const;

    common::Clock clock_;
    common::IdSource ids_;
    std::vector<std::unique_ptr<Agent>> agents_;
    Limits limits_;
    std::unordered_map<std::string, Room> rooms_;
    std::unordered_map<std::string, std::unordered_set<std::string>> rooms_of_;  // by connection
};

}  // namespace apps::eliza
