#include "apps/dungeonlab/game.hpp"

#include <utility>

namespace apps::dungeonlab {

namespace {

std::string session_room(std::string const& session) {
    return "session:" + session;
}

std::string user_room(std::string const& user) {
    return "user:" + user;
}

std::vector<MemberView> views(std::vector<User> const& members) {
    std::vector<MemberView> list;
    list.reserve(members.size());
    for (auto const& member : members) {
        list.push_back({member.id, member.name});
    }
    return list;
}

template <typename Notice>
PresenceNotice presence(Notice const& notice) {
    return {notice.user.id, notice.user.name, notice.session, notice.timestamp,
            views(notice.members)};
}

std::optional<std::string> text_of(socketio::Json const& value) {
    auto const* text = value.string();
    return text == nullptr ? std::nullopt : std::optional(*text);
}

// Actions come flat or with their fields under `data`, as in the system's message envelope.
Action neutral(socketio::Json const& json) {
    auto const& data = json["data"].is_object() ? json["data"] : json;
    auto const& position = data["position"].is_object() ? data["position"] : data;
    Action action;
    auto const type = text_of(json["type"]);
    action.type = type ? *type : text_of(json["action"]).value_or("");
    action.session = text_of(json["sessionId"]);
    action.content = text_of(data["content"]);
    action.formula = text_of(data["formula"]);
    action.x = position["x"].number();
    action.y = position["y"].number();
    return action;
}

}  // namespace

Game::Game(socketio::Namespace& nsp, Identity identity, Access access)
    : nsp_(nsp), identity_(std::move(identity)),
      rules_(common::Clock(common::wall_clock_ms), std::move(access)) {}

void Game::connected(Socket& socket) {
    auto const user = identity_(socket.handshake());
    socket.join(user_room(user.id));
    rules_.with([&](DungeonLab& rules) { rules.connect(socket.id(), user); });
}

void Game::disconnected(Socket& socket) {
    auto const departure =
        rules_.with([&](DungeonLab& rules) { return rules.disconnect(socket.id()); });
    if (departure) {
        tell_departure(*departure, nullptr);
    }
}

void Game::reply_error(Socket& socket, socketio::InvalidEvent const& event) {
    socket.emit("error", ErrorNotice{"Invalid arguments for " + std::string(event.name)});
}

void Game::join_session(Socket& socket, std::string session, socketio::Ack<JoinAnswer> ack) {
    auto const arrival =
        rules_.with([&](DungeonLab& rules) { return rules.join(socket.id(), session); });
    if (!arrival) {
        auto const answer = refuse(socket, arrival.error());
        ack({false, answer.error, std::nullopt, std::nullopt});
        return;
    }
    if (arrival->left) {
        tell_departure(*arrival->left, &socket);
    }
    socket.join(session_room(session));
    auto const notice = presence(*arrival);
    nsp_.to(session_room(session)).emit("user-joined", notice);  // the joiner hears it too
    for (auto const& [event, state] : {std::pair("map-update", &arrival->map),
                                       std::pair("initiative-update", &arrival->initiative)}) {
        if (auto const remembered = *state ? Json::parse(**state) : std::nullopt) {
            socket.emit(event, *remembered);
        }
    }
    ack({true, std::nullopt, session, notice.members});
}

void Game::leave_session(Socket& socket, std::optional<std::string> session,
                         socketio::Ack<Answer> ack) {
    auto const current =
        rules_.with([&](DungeonLab& rules) { return rules.profile(socket.id(), std::nullopt); });
    auto const left =
        rules_.with([&](DungeonLab& rules) { return rules.leave(socket.id(), session); });
    if (!left) {
        ack(refuse(socket, left.error()));
        return;
    }
    if (current && current->session) {
        socket.leave(session_room(*current->session));
    }
    if (*left) {
        tell_departure(**left, &socket);
    }
    ack({true, std::nullopt});
}

void Game::chat(Socket& socket, ChatRequest request, socketio::Ack<Answer> ack) {
    auto const text = request.message ? *request.message : request.content.value_or("");
    auto const ticket = rules_.with(
        [&](DungeonLab& rules) { return rules.chat(socket.id(), request.sessionId, text); });
    if (!ticket) {
        ack(refuse(socket, ticket.error()));
        return;
    }
    socket.to(session_room(ticket->session))
        .emit("chat-message", ChatNotice{ticket->session, ticket->user.id, ticket->user.name, text,
                                         text, std::move(request.metadata), ticket->timestamp});
    ack({true, std::nullopt});
}

void Game::actor_update(Socket& socket, Json update, socketio::Ack<Answer> ack) {
    relay(socket, "actor-update", std::nullopt, std::move(update), ack);
}

void Game::map_update(Socket& socket, Json update, socketio::Ack<Answer> ack) {
    relay(socket, "map-update", StateKind::map, std::move(update), ack);
}

void Game::initiative_update(Socket& socket, Json update, socketio::Ack<Answer> ack) {
    relay(socket, "initiative-update", StateKind::initiative, std::move(update), ack);
}

void Game::relay(Socket& socket, std::string_view event, std::optional<StateKind> kind, Json update,
                 socketio::Ack<Answer> const& ack) {
    auto const& named = update["sessionId"];
    if (!update.is_object() || !(named.is_null() || named.is_string())) {
        auto const message = "Invalid arguments for " + std::string(event);
        ack(refuse(socket, {message, {}, std::nullopt}));
        return;
    }
    auto const session = text_of(named);
    auto const ticket =
        rules_.with([&](DungeonLab& rules) { return rules.authorise(socket.id(), session); });
    if (!ticket) {
        ack(refuse(socket, ticket.error()));
        return;
    }
    update.set("userId", ticket->user.id);
    update.set("timestamp", ticket->timestamp);
    if (kind) {
        rules_.with([&](DungeonLab& rules) { rules.remember(*ticket, *kind, update.dump()); });
    }
    socket.to(session_room(ticket->session)).emit(event, update);
    ack({true, std::nullopt});
}

void Game::user_data(Socket& socket, Json request, socketio::Ack<UserDataAnswer> ack) {
    auto const wanted = text_of(request.is_object() ? request["userId"] : request);
    auto const profile =
        rules_.with([&](DungeonLab& rules) { return rules.profile(socket.id(), wanted); });
    if (!profile) {
        auto const answer = refuse(socket, profile.error());
        ack({false, std::nullopt, answer.error});
        return;
    }
    UserData const data{profile->user.id, profile->user.name, profile->user.name, false,
                        profile->session};
    if (ack) {
        ack({true, data, std::nullopt});
    } else {
        socket.emit("user-data", data);
    }
}

void Game::validate(Socket& socket, Json action, socketio::Ack<ValidationAnswer> ack) {
    if (!action.is_object()) {
        auto const answer =
            refuse(socket, {"Invalid arguments for validate-action", {}, std::nullopt});
        ack({false, false, answer.error});
        return;
    }
    auto const objection = rules_.with(
        [&](DungeonLab& rules) { return rules.objection(socket.id(), neutral(action)); });
    ValidationAnswer const answer{true, !objection, objection};
    if (ack) {
        ack(answer);
    } else {
        socket.emit("action-validated", answer);
    }
}

// "Room authorization failures result in disconnection from the room" (seed); the connection lives.
Answer Game::refuse(Socket& socket, Refusal const& refusal) {
    if (!refusal.room.empty()) {
        socket.leave(session_room(refusal.room));
    }
    if (refusal.departure) {
        tell_departure(*refusal.departure, &socket);
    }
    socket.emit("error", ErrorNotice{refusal.message});
    return {false, refusal.message};
}

// The user's other sockets hear it as well before they are taken out of the room. `except` is the
// socket that caused it and knows.
void Game::tell_departure(Departure const& departure, Socket* except) {
    auto const room = session_room(departure.session);
    auto const notice = presence(departure);
    if (except != nullptr) {
        except->leave(room);
    }
    nsp_.to(room).emit("user-left", notice);
    nsp_.in(user_room(departure.user.id)).sockets_leave(room);
}

}  // namespace apps::dungeonlab
