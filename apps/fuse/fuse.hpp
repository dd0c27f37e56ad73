#pragma once

#include "apps/common/clock.hpp"
#include "apps/common/uuid.hpp"
#include "apps/fuse/recent_ids.hpp"
#include "apps/fuse/shares.hpp"
#include "engineio/net/keyed_hash.hpp"
#include "socketio/json.hpp"
#include "socketio/raw_json.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace apps::fuse {

/// The document's codes of refusals, as closing codes and as texts in errors; and WebSocket's own
/// for what the document did not think of.
namespace code {
inline constexpr int try_later = 1013;  ///< RFC 6455's registry: "Try Again Later"
inline constexpr int invalid_authentication = 4000;
inline constexpr int rate_limit = 4001;
inline constexpr int invalid_format = 4002;
inline constexpr int room_not_found = 4003;
inline constexpr int permission_denied = 4004;
}  // namespace code

/// Why nothing was done.
struct Refusal {
    int code = 0;
    std::string message;
    std::string field = {};  ///< of the payload, if one is to blame
};

/// The refusal of a payload whose `field` is wrong.
Refusal invalid_field(std::string message, std::string field);

template <class T>
using Outcome = boost::system::result<T, Refusal>;

struct Limits {
    std::size_t id_bytes = 128;
    std::size_t content_bytes = 64 * 1024;
    std::size_t metadata_bytes = 8 * 1024;
    std::size_t title_bytes = 500;
    std::size_t description_bytes = 10'000;
    std::size_t status_bytes = 64;
    std::size_t rooms = 20'000;              ///< then those with nobody present give way
    std::size_t rooms_per_place = 2'000;     ///< the same, made from one address (IPv6: a /64)
    std::size_t rooms_per_user = 500;        ///< that a user has made
    std::size_t rooms_per_member = 1'000;    ///< joined and not left since
    std::size_t rooms_per_connection = 100;  ///< joined at once
    /// Of memory: all tasks, and those made from one address. Then the oldest give way, finished
    /// ones first, of who has the most.
    std::size_t task_bytes = 256 * 1024 * 1024;
    std::size_t task_bytes_per_place = 64 * 1024 * 1024;
    std::size_t tasks_per_user = 1'000;    ///< that a user has made
    std::size_t tasks_given = 10'000;      ///< that a user has been given by others,
    std::size_t tasks_given_by_one = 100;  ///< and by one of them
    std::size_t listed_members = 200;      ///< in one answer
    /// Of memory, in one answer; but one task is always listed.
    std::size_t listed_task_bytes = 1024 * 1024;
};

/// What was said in a room.
struct Line {
    std::string id;
    std::string room;
    std::string sender;
    std::string content;
    std::optional<socketio::RawJson> metadata;  ///< an object
    std::int64_t time = 0;
};

struct Task {
    std::string id;
    std::string title;
    std::string description;
    std::string status = "pending";
    int priority = 2;
    double progress = 0;
    std::string assignee;  ///< "" for nobody
    std::string creator;
    std::string place = {};  ///< where it was made
    /// An object, as text: as values it may take many times the memory.
    socketio::RawJson metadata = socketio::RawJson::trusted("{}");
    std::int64_t created = 0;
    std::int64_t updated = 0;
};

/// Tasks, oldest first. `more`: there are older ones.
struct TaskPage {
    std::vector<Task> tasks;
    bool more = false;
};

/// What shall be different; absent members stay as they are.
struct TaskPatch {
    std::optional<std::string> title, description, status, assignee;
    std::optional<int> priority;
    std::optional<double> progress;
    std::optional<socketio::Json> metadata;
};

/// What a change of a task has to be told to whom.
struct TaskChange {
    Task task;
    std::vector<std::string> watchers;    ///< users: creator, assignee, the one before
    std::string room;                     ///< whose members watch, too; "" if none
    std::optional<std::string> assigned;  ///< newly, to whom
    bool duplicate = false;               ///< heard before: only the sender needs an answer
};

/// One who speaks: a user on one of possibly several connections.
struct Speaker {
    std::uint64_t connection = 0;
    std::string user;
    std::string place = {};  ///< as of a Maker
};

struct Spoken {
    Line line;
    bool duplicate = false;
};

/// Where the state is kept over a restart. Returns at once; order is kept.
class Journal {
public:
    struct Room {
        Maker maker;
        std::int64_t created = 0;
        std::size_t messages = 0;  ///< ever said in it
    };
    struct State {
        std::map<std::string, std::string> users;                  ///< id → name
        std::map<std::string, Room> rooms;                         ///< by id
        std::vector<std::pair<std::string, std::string>> members;  ///< room, user
        std::vector<Task> tasks;
    };
    virtual ~Journal() = default;
    virtual State load() = 0;
    virtual void room_made(std::string const& id, Room const& room) = 0;
    virtual void joined(std::string const& room, std::string const& user) = 0;
    virtual void left(std::string const& room, std::string const& user) = 0;
    virtual void room_gone(std::string const& room) = 0;
    virtual void said(Line const& line) = 0;
    virtual void task(Task const& task) = 0;
    virtual void task_gone(std::string const& task) = 0;
};

/// The rules of The New Fuse: who is in which room, what may be said there, who may change which
/// task, and who hears of it. Knows no socket and no envelope; not thread-safe: its owner is the
/// system's lock.
class Fuse {
public:
    /// Loads what the journal has.
    Fuse(Journal& journal, common::Clock clock, common::IdSource ids, Limits limits = {});

    /// Makes an account known that came into being later.
    void add_user(std::string const& id, std::string const& name) { users_[id] = name; }
    bool knows(std::string const& user) const { return users_.count(user) > 0; }
    std::string name_of(std::string const& user) const;

    /// The room's users at present, the newcomer among them. A room comes into being by it, and
    /// where there are too many one in which nobody is present goes, with what was said in it.
    Outcome<std::vector<std::string>> join(Speaker const& who, std::string const& room);
    /// Leaving a room one is not in is no mistake. A room that its last member leaves is gone with
    /// what was said in it; to lose the connection is not to leave.
    Outcome<void> leave(Speaker const& who, std::string const& room);
    /// The connection is gone, and with it its presence.
    void disconnect(std::uint64_t connection);

    /// `message_id` as the sender gave it, or "": then it is made. A repeated one is not said
    /// again.
    Outcome<Spoken> speak(Speaker const& who, std::string const& room, std::string const& content,
                          socketio::Json const& metadata, std::string const& message_id);

    /// True if the user may read what was said in the room: has joined and not left.
    bool may_read(std::string const& user, std::string const& room) const;

    Outcome<TaskChange> create(Maker const& maker, TaskPatch const& wish);
    /// Creator and assignee may.
    Outcome<TaskChange> update(std::string const& user, std::string const& task,
                               TaskPatch const& patch, std::string const& message_id = {});
    /// Made by or given to the user: the latest made, as far as one answer goes, and of those
    /// before the task `before`, if one is named; none before one that there is not.
    TaskPage tasks_of(std::string const& user, std::string const& before = {}) const;
    Task const* find_task(std::string const& id) const;

    std::size_t room_count() const { return rooms_.size(); }
    std::size_t task_count() const { return tasks_.size(); }

private:
    struct Room {
        Journal::Room kept;
        std::set<std::string> members;
        std::map<std::string, std::size_t> present;  // users with their connections here
    };

    std::optional<Refusal> check_room_id(std::string const& room) const;
    Outcome<Room*> open(Speaker const& who, std::string const& room);
    bool make_room(Maker const& maker);
    std::vector<std::string> present(Room const& room) const;
    void step_out(std::string const& user, std::string const& room);
    void weigh(std::string const& id, Room const& room);
    void drop_member(std::string const& user);
    void forget(std::string id);
    bool takes_task(std::string const& assignee, std::string const& creator) const;
    std::optional<Refusal> check(std::string const& user, TaskPatch const& patch,
                                 Task const* present) const;
    std::optional<Refusal> check_metadata(std::string const& user,
                                          socketio::Json const& metadata) const;
    TaskChange change(Task& task, TaskPatch const& patch);
    void store(Task const& task);
    void trim_tasks(Task const& changed);
    void forget_task(std::string const& id);

    Journal& journal_;
    common::Clock clock_;
    common::IdSource ids_;
    Limits limits_;
    std::map<std::string, std::string> users_;
    std::unordered_map<std::string, Room, engineio::net::KeyedHash> rooms_;
    Shares room_shares_;
    std::unordered_map<std::string, std::size_t> rooms_made_;    // by user
    std::unordered_map<std::string, std::size_t> rooms_joined_;  // by user
    std::unordered_map<std::uint64_t, std::pair<std::string, std::set<std::string>>> seats_;
    std::unordered_map<std::string, Task> tasks_;
    Shares task_shares_;
    std::unordered_map<std::string, std::set<std::string>> tasks_of_;  // user → ids, made or given
    std::unordered_map<std::string, std::size_t> tasks_made_;          // by user
    RecentIds recent_;
};

}  // namespace apps::fuse
