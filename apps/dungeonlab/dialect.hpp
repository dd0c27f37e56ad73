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
inline std::string actor_room(std::string const& actor) {
    return "actor:" + actor;
}

}  // namespace apps::dungeonlab
