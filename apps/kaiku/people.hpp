#pragma once

#include "apps/common/clock.hpp"
#include "apps/common/uuid.hpp"
#include "apps/kaiku/model.hpp"
#include "engineio/net/keyed_hash.hpp"
#include "socketio/json.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace apps::kaiku {

/// Who there is, who is online, who is whose friend and who has blocked whom. Not thread-safe: its
/// owner is the system's lock.
class People {
public:
    static constexpr std::size_t max_ties =
        500;  ///< requests, friends and blocks that one user made
    static constexpr std::size_t max_waiting = 500;  ///< requests to one user, not yet answered
    static constexpr std::size_t max_activity_bytes = 1024;
    /// The same as it is kept, where small values take many times their text.
    static constexpr std::size_t max_activity_memory = 4096;
    static constexpr std::chrono::seconds activity_pause{10};

    People(Journal& journal, common::Clock clock, common::IdSource ids, Journal::State const& state,
           common::SteadyClock now = std::chrono::steady_clock::now);

    void add(User const& user);
    /// Null if there is none.
    User const* find(std::string const& id) const;
    User const* by_name(std::string const& username) const;

    /// A connection came or went; true if others see the user differently now.
    bool connected(std::string const& user);
    bool disconnected(std::string const& user);
    /// What others see: "offline" without a connection.
    std::string status_of(std::string const& user) const;
    bool online(std::string const& user) const { return status_of(user) != "offline"; }

    /// True if others see the user differently now.
    Outcome<bool> set_status(std::string const& user, std::string const& status);
    /// `{type, name, started_at, details?}` or null. True if it is to be told: it is new, and the
    /// last one was 10 s ago.
    Outcome<bool> set_activity(std::string const& user, socketio::Json const& activity);

    Outcome<Friendship> request(std::string const& user, std::string const& username);
    Outcome<Friendship> accept(std::string const& user, std::string const& id);
    /// Turns a request down, or ends a friendship.
    Outcome<Friendship> part(std::string const& user, std::string const& id);
    /// Ends what there was between them; once more is the same as once.
    Outcome<Friendship> block(std::string const& user, std::string const& other);
    Outcome<void> unblock(std::string const& user, std::string const& other);

    /// Of one status, oldest first; blocks only the user's own.
    std::vector<Friendship> ties(std::string const& user, std::string const& status) const;
    std::vector<std::string> friends(std::string const& user) const;
    /// Those whom the user has blocked or who have blocked the user.
    std::set<std::string> strangers(std::string const& user) const;

private:
    struct Person {
        User user;
        std::size_t connections = 0;
        socketio::Json activity;
        std::chrono::steady_clock::time_point next_activity;
    };

    Person* person(std::string const& id);
    Friendship const* between(std::string const& a, std::string const& b) const;
    std::size_t ties_made(std::string const& user) const;
    std::size_t waiting(std::string const& user) const;
    Friendship keep(Friendship tie);
    void drop(std::string const& id);

    Journal& journal_;
    common::Clock clock_;
    common::IdSource ids_;
    common::SteadyClock now_;
    std::unordered_map<std::string, Person> users_;
    std::unordered_map<std::string, std::string, engineio::net::KeyedHash>
        names_;  // in lower case → user
    std::unordered_map<std::string, Friendship> ties_;
    std::unordered_map<std::string, std::set<std::string>> ties_of_;  // user → ids
};

}  // namespace apps::kaiku
