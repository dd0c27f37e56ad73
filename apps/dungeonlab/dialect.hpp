#pragma once

#include <string>
#include <string_view>

namespace apps::dungeonlab {

/// The generations of event names (app-contracts 1.3). A socket's is learned from its first joining
/// event; before that every event is accepted.
enum class Dialect {
    unknown,
    seed,     ///< S, kebab-case: join-session
    camel,    ///< B: joinSession
    current,  ///< C: gameSession:join
};

/// Whose event that is, for answers to a socket that has not joined yet; those that two generations
/// share count as today's.
inline Dialect dialect_of_event(std::string_view event) {
    if (event.find('-') != event.npos || event == "message") {
        return Dialect::seed;
    }
    for (std::string_view const name :
         {"joinSession", "leaveSession", "diceRoll", "move", "pluginAction"}) {
        if (event == name) {
            return Dialect::camel;
        }
    }
    return event.starts_with("encounter:") ? Dialect::camel : Dialect::current;
}

/// Rooms. Prefixes keep ids apart; each notice goes once to the sub-room of each dialect, so its
/// frames are shared.
inline std::string session_room(std::string const& session) {
    return "session:" + session;
}
inline std::string session_room(std::string const& session, Dialect dialect) {
    return "session:" + session + "#" + "-SBC"[static_cast<int>(dialect)];
}
inline std::string user_room(std::string const& user) {
    return "user:" + user;
}
inline std::string seed_user_room(std::string const& user) {
    return "user:" + user + "#S";
}
/// The sockets of one login, see Accounts::login_of().
inline std::string login_room(std::string const& login) {
    return "login:" + login;
}
/// Administrators, who may see everything.
inline std::string admins_room() {
    return "admins";
}
inline std::string actor_room(std::string const& actor) {
    return "actor:" + actor;
}

}  // namespace apps::dungeonlab
