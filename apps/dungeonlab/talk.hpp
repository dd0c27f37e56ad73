#pragma once

#include "apps/dungeonlab/game.hpp"
#include "apps/dungeonlab/messages.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace apps::dungeonlab {

/// What people say and show to each other: chat in all dialects, each of which hears the others'
/// lines in its own form, and the relayed updates of map, actors and initiative. A line of chat is
/// heard and acknowledged after its commit, in the order of the history; what is relayed is kept
/// nowhere and goes at once.
class Talk {
public:
    explicit Talk(Game& game) : game_(game) {}

    // Dialect S.
    Task<void> chat_seed(Socket& socket, ChatRequest request, socketio::Ack<Answer> ack);
    void message(Socket& socket, Json envelope, socketio::Ack<Answer> ack);
    void actor_update(Socket& socket, Json update, socketio::Ack<Answer> ack);
    void map_update(Socket& socket, Json update, socketio::Ack<Answer> ack);
    void initiative_update(Socket& socket, Json update, socketio::Ack<Answer> ack);

    // Dialects B and C.
    Task<void> chat(Socket& socket, Json metadata, std::string text);

    // Dialect B.
    void move(Socket& socket, Json update);
    void start_encounter(Socket& socket, Json request);
    void stop_encounter(Socket& socket, Json request);
    Json plugin_action(Socket& socket, Json plugin, Json action);

private:
    /// A line, ready to be said: metadata complete, by the socket `speaker`.
    struct Spoken {
        Ticket ticket;
        std::string speaker;
        Json metadata;
        std::string text;
    };
    using Say = std::function<void(Spoken const&)>;
    /// Keeps the line, then says it. False: neither, and the log has why.
    Task<bool> keep(Spoken line, Say say);
    void say_to_session(Spoken const& line);
    void say_to_user(Spoken const& line, std::string const& user);
    std::optional<std::string> listener(Ticket const& ticket, std::string const& type,
                                        std::string const& id);
    /// Under which name somebody speaks who has given that one.
    std::string name_of(User const& user, std::string const& session,
                        std::optional<std::string> const& given);
    std::optional<Json> sender_of(Socket& socket, Ticket const& ticket, Json sender);
    void relay(Socket& socket, std::string_view event, std::optional<StateKind> kind, Json update,
               socketio::Ack<Answer> const& ack);
    void encounter(Socket& socket, std::string const& verb, Json const& request);
    void refuse(Socket& socket, std::string const& message, socketio::Ack<Answer> const& ack);

    Game& game_;
};

}  // namespace apps::dungeonlab
