#pragma once

#include "apps/common/synchronized.hpp"
#include "apps/dungeonlab/dungeonlab.hpp"
#include "apps/dungeonlab/identity.hpp"
#include "apps/dungeonlab/messages.hpp"
#include "socketio/socketio.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace apps::dungeonlab {

/// DungeonLab on a Socket.IO namespace: reads events of dialect S, asks the rules, tells those
/// concerned. Made by wiring, outlives the server; handlers run on every shard at once. Sockets
/// of a session are in the room "session:<id>", those of a user in "user:<id>": prefixes keep
/// session names chosen by clients away from all other rooms.
class Game {
public:
    using Socket = socketio::Socket;
    using Json = socketio::Json;

    Game(socketio::Namespace& nsp, Identity identity, Access access);

    void connected(Socket& socket);
    void disconnected(Socket& socket);
    void reply_error(Socket& socket, socketio::InvalidEvent const& event);

    void join_session(Socket& socket, std::string session, socketio::Ack<JoinAnswer> ack);
    void leave_session(Socket& socket, std::optional<std::string> session,
                       socketio::Ack<Answer> ack);
    void chat(Socket& socket, ChatRequest request, socketio::Ack<Answer> ack);
    void actor_update(Socket& socket, Json update, socketio::Ack<Answer> ack);
    void map_update(Socket& socket, Json update, socketio::Ack<Answer> ack);
    void initiative_update(Socket& socket, Json update, socketio::Ack<Answer> ack);
    void user_data(Socket& socket, Json request, socketio::Ack<UserDataAnswer> ack);
    void validate(Socket& socket, Json action, socketio::Ack<ValidationAnswer> ack);

private:
    Answer refuse(Socket& socket, Refusal const& refusal);
    void tell_departure(Departure const& departure, Socket* except);
    void relay(Socket& socket, std::string_view event, std::optional<StateKind> kind, Json update,
               socketio::Ack<Answer> const& ack);

    socketio::Namespace& nsp_;
    Identity identity_;
    common::Synchronized<DungeonLab> rules_;
};

/// Registers the events of the seed text on the namespace.
void seed_events(socketio::Namespace& nsp, Game& game);

}  // namespace apps::dungeonlab
