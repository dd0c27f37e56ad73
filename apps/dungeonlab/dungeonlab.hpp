#pragma once

#include "apps/common/clock.hpp"
#include "engineio/net/keyed_hash.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace apps::dungeonlab {

/// Bounds on what clients can make the server remember. Sizes are in bytes of UTF-8.
struct Limits {
    std::size_t session_id_bytes = 128;
    std::size_t chat_bytes = 4000;
    std::size_t chat_metadata_bytes = 8 * 1024;  ///< of the JSON that is kept with a line
    std::size_t remembered_bytes = 64 * 1024;    ///< per session and kind of state
    std::size_t sessions = 4096;                 ///< with somebody in them
    std::size_t idle_sessions = 64;              ///< empty ones whose map is kept for a reconnect
    std::size_t listed_members = 100;  ///< names in one notice; more people may be present
};

struct User {
    std::string id;
    std::string name;  ///< as others see it
    std::string username = {};
    bool is_admin = false;
};

/// Shared state whose last update a newcomer gets at once.
enum class StateKind { map, initiative };

/// Somebody is no longer in a session. `members` are those who stay.
struct Departure {
    std::string session;
    User user;
    std::string actor;  ///< the character they came with, if any
    std::int64_t timestamp = 0;
    std::vector<User> members;
};

/// Somebody came into a session. `left` is the session the user had to leave for it; `map` and
/// `initiative` are the remembered updates as JSON text.
struct Arrival {
    std::string session;
    User user;
    std::int64_t timestamp = 0;
    std::vector<User> members;
    std::optional<Departure> left;
    std::optional<std::string> map;
    std::optional<std::string> initiative;
};

/// Permission for one room operation: who may do it, where, and the time it is stamped with.
struct Ticket {
    std::string session;
    User user;
    std::int64_t timestamp = 0;
};

/// What a user may know about another: where they are, if they are in a session.
struct Profile {
    User user;
    std::optional<std::string> session;
};

/// Why an operation was refused. The caller's socket has to leave `room` if it is not empty;
/// `departure` is set if the user lost a membership by it, so that the others can be told.
struct Refusal {
    std::string message;
    std::string room;
    std::optional<Departure> departure;
};

template <typename T>
using Outcome = boost::system::result<T, Refusal>;

/// The neutral form of an action to validate; absent members were absent in the message.
struct Action {
    std::string type;
    std::optional<std::string> session;
    std::optional<std::string> content;
    std::optional<std::string> formula;
    std::optional<double> x;
    std::optional<double> y;
};

/// Why a user may not be in a session; nothing if they may. Asked again on every room operation, so
/// taking a permission away works at once (seed: "checked on every room-based operation").
using Access = std::function<std::optional<std::string>(User const&, std::string_view session)>;

/// The rules of a game table server: who is in which session and what they may do there. Knows no
/// socket, no JSON and no dialect. A connection is one socket; a user may have several of them but
/// is in one session at a time. Owned by the system's `Game` behind a lock; not thread-safe.
class DungeonLab {
public:
    DungeonLab(common::Clock clock, Access access, Limits limits = {});

    /// Registers a connection. Calling it again for the same connection replaces the user.
    void connect(std::string const& connection, User user);

    /// Enters a session, leaving any other first. Entering the same one again is an arrival too.
    /// `actor` is the character the user comes with, empty for none.
    Outcome<Arrival> join(std::string const& connection, std::string const& session,
                          std::string const& actor = {});

    /// Leaves the current session. No value if the user stays through another connection.
    /// With a session named that is not the current one the request is refused.
    Outcome<std::optional<Departure>> leave(std::string const& connection,
                                            std::optional<std::string> const& session);

    /// Forgets the connection. A departure if it was the user's last one in a session.
    std::optional<Departure> disconnect(std::string const& connection);

    /// The check before every room operation. No session named means the current one.
    Outcome<Ticket> authorise(std::string const& connection,
                              std::optional<std::string> const& session);

    /// The same check of whoever it may concern, when a right was taken away: a departure if the
    /// user is in a session where they may not be any more.
    std::optional<Departure> recheck(std::string const& user_id);

    /// `authorise` plus the rules for a line of chat: not empty, text and metadata (as JSON) not
    /// longer than their limits.
    Outcome<Ticket> chat(std::string const& connection, std::optional<std::string> const& session,
                         std::string_view text, std::size_t metadata_bytes = 0);

    /// Keeps the update for newcomers unless a later one is there already. Too large a text clears
    /// the memory instead: an outdated map would mislead more than none.
    void remember(Ticket const& ticket, StateKind kind, std::string json);

    /// The asking user, or another one of the same session.
    Outcome<Profile> profile(std::string const& connection,
                             std::optional<std::string> const& user_id) const;

    /// No value if the action is allowed, else the reason. Changes nothing.
    std::optional<std::string> objection(std::string const& connection, Action const& action) const;

    std::vector<User> members(std::string const& session) const;

    /// The session a connection is in, empty for none.
    std::string session_of(std::string const& connection) const;
    /// One connection of a user who is in the session.
    std::optional<std::string> connection_of(std::string const& user,
                                             std::string const& session) const;

    /// Everybody leaves, as the session has ended.
    void clear(std::string const& session);

private:
    struct Connection {
        User user;
        std::string session;  // empty: in none
    };
    struct Presence {
        User user;
        std::string actor;
        std::unordered_set<std::string> connections;
    };
    struct Remembered {
        std::string json;
        std::int64_t timestamp = 0;
    };
    struct Session {
        std::map<std::string, Presence> present;  // by user id
        std::map<StateKind, Remembered> states;
        std::int64_t last_stamp = 0;
    };

    std::optional<Departure> remove_connection(std::string const& connection);
    std::optional<Departure> remove_user(std::string const& user_id);
    Departure finish_departure(std::string const& session, User user);
    void retire_if_empty(std::string const& session);
    std::int64_t stamp(Session& session);
    std::optional<std::string> recall(Session const& session, StateKind kind) const;

    common::Clock clock_;
    Access access_;
    Limits limits_;
    std::unordered_map<std::string, Connection> connections_;
    std::unordered_map<std::string, Session, engineio::net::KeyedHash> sessions_;
    std::unordered_map<std::string, std::string> session_of_user_;
    std::deque<std::string> idle_;  // empty sessions, oldest first
};

}  // namespace apps::dungeonlab
