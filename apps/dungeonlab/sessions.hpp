#pragma once

#include "apps/dungeonlab/game.hpp"
#include "apps/dungeonlab/messages.hpp"
#include "apps/dungeonlab/records.hpp"

#include <optional>
#include <string>

namespace apps::dungeonlab {

/// Joining, leaving and ending game sessions, and what one may know of people.
class Sessions {
public:
    explicit Sessions(Game& game) : game_(game) {}

    // Dialect S.
    void join_seed(Socket& socket, std::string session, socketio::Ack<JoinAnswer> ack);
    void leave_seed(Socket& socket, std::optional<std::string> session, socketio::Ack<Answer> ack);
    void user_data(Socket& socket, Json request, socketio::Ack<UserDataAnswer> ack);
    void validate(Socket& socket, Json action, socketio::Ack<ValidationAnswer> ack);

    // Dialect B.
    Task<Json> join_camel(Socket& socket, Json session, Json actor);
    void leave_camel(Socket& socket, Json session);

    // Dialect C.
    Task<Json> join_current(Socket& socket, Json session);
    Json leave_current(Socket& socket, Json session);
    Task<Json> end(Socket& socket, Json session);

    /// What a game master may do to a session, with the status it must have before.
    struct Change {
        char const* verb;    ///< "paused": the event is gameSession:paused, with pausedBy
        char const* status;  ///< afterwards
        std::vector<std::string> from;
    };
    static Change const& start();
    static Change const& pause();
    static Change const& resume();
    static Change const& finish();
    /// Keeps the new status and tells the room, unless there is nothing to tell (start). The
    /// session as it is then, or why not.
    Task<Outcome<SessionRecord>> change(User user, std::string session, Change change);

    /// Makes one, which may take the place of one that has ended, see campaigns::add_session().
    Task<Outcome<SessionRecord>> open(User user, std::string campaign, std::string name);

    /// The session with all that clients want to know about it; null if it is gone.
    Task<Json> full(std::string session);
    /// All those sessions so, in one list.
    Task<Json> full_list(std::vector<SessionRecord> sessions);

private:
    void tell_change(SessionRecord const& session, std::string const& by, std::string const& verb);

    Game& game_;
};

}  // namespace apps::dungeonlab
