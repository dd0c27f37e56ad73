#include "apps/dungeonlab/talk.hpp"

#include "apps/dungeonlab/campaigns.hpp"
#include "apps/dungeonlab/ids.hpp"
#include "engineio/guard.hpp"

#include <utility>

namespace apps::dungeonlab {

namespace {

constexpr char not_kept[] = "Internal server error";

Json party(char const* type, std::string const& id, std::string const& name = {}) {
    auto json = Json::object({{"type", type}, {"id", id}});
    if (!name.empty()) {
        json.set("name", name);
    }
    return json;
}

ChatNotice seed_form(Ticket const& ticket, std::optional<Json> metadata, std::string const& text) {
    return {ticket.session, ticket.user.id,      ticket.user.name, text,
            text,           std::move(metadata), ticket.timestamp};
}

}  // namespace

void Talk::refuse(Socket& socket, std::string const& message, socketio::Ack<Answer> const& ack) {
    game_.complain(socket, message);
    ack({false, message});
}

// --- chat --------------------------------------------------------------------------------------

Task<void> Talk::chat_seed(Socket& socket, ChatRequest request, socketio::Ack<Answer> ack) {
    auto const text = request.message ? *request.message : request.content.value_or("");
    auto metadata = request.metadata.value_or(Json::object());
    auto const ticket = game_.authorise_chat(socket, request.sessionId, text, metadata);
    if (!ticket) {
        refuse(socket, ticket.error().message, ack);
        co_return;
    }
    metadata.set("sender", party("user", ticket->user.id, ticket->user.name));
    metadata.set("recipient", party("session", ticket->session));
    metadata.set("timestamp", iso_of(ticket->timestamp));
    auto say = [this, given = std::move(request.metadata)](Spoken const& line) {
        auto const& session = line.ticket.session;
        auto const others = game_.nsp().except(line.speaker);
        others.to(session_room(session, Dialect::seed))
            .emit("chat-message", seed_form(line.ticket, given, line.text));
        others.to({session_room(session, Dialect::camel), session_room(session, Dialect::current)})
            .emit("chat", line.metadata, line.text);
    };
    Spoken line{*ticket, socket.id(), std::move(metadata), text};
    auto keeping = keep(std::move(line), std::move(say));
    if (co_await std::move(keeping)) {
        ack({true, std::nullopt});
    } else {
        refuse(socket, not_kept, ack);
    }
}

Task<void> Talk::chat(Socket& socket, Json metadata, std::string text) {
    auto const& recipient = metadata["recipient"];
    auto const type = text_of(recipient["type"]).value_or("session");
    auto const to = text_of(recipient["id"]);
    auto const name = text_of(recipient["name"]).value_or("");
    auto const ticket =
        game_.authorise_chat(socket, type == "session" ? to : std::nullopt, text, metadata);
    if (!ticket) {
        game_.complain(socket, ticket.error().message);
        co_return;
    }
    auto sender = sender_of(socket, *ticket, metadata["sender"]);
    if (!metadata.is_object() || !sender) {
        game_.complain(socket, "Permission denied");
        co_return;
    }
    metadata.set("sender", std::move(*sender));
    if (!metadata.contains("timestamp")) {
        metadata.set("timestamp", iso_of(ticket->timestamp));
    }
    Say say;
    if (type == "session") {
        metadata.set("recipient", party("session", ticket->session, name));
        say = [this](Spoken const& line) { say_to_session(line); };
    } else if (auto const user = listener(*ticket, type, to.value_or(""))) {
        say = [this, user = *user](Spoken const& line) { say_to_user(line, user); };
    } else {
        game_.complain(socket, "Recipient not found");
        co_return;
    }
    Spoken line{*ticket, socket.id(), std::move(metadata), std::move(text)};
    auto keeping = keep(std::move(line), std::move(say));
    if (!co_await std::move(keeping)) {
        game_.complain(socket, not_kept);
    }
}

// Today's clients wait for the echo of their own line, those of dialect B add it themselves.
void Talk::say_to_session(Spoken const& line) {
    auto const& session = line.ticket.session;
    auto const others = game_.nsp().except(line.speaker);
    game_.nsp().to(session_room(session, Dialect::current)).emit("chat", line.metadata, line.text);
    others.to(session_room(session, Dialect::camel)).emit("chat", line.metadata, line.text);
    others.to(session_room(session, Dialect::seed))
        .emit("chat-message", seed_form(line.ticket, line.metadata, line.text));
}

void Talk::say_to_user(Spoken const& line, std::string const& user) {
    auto const seed = seed_user_room(user);
    game_.nsp().to(user_room(user)).except(seed).emit("chat", line.metadata, line.text);
    game_.nsp().to(seed).emit("chat-message", seed_form(line.ticket, line.metadata, line.text));
}

// The person behind a recipient, if they belong to the speaker's session.
std::optional<std::string> Talk::listener(Ticket const& ticket, std::string const& type,
                                          std::string const& id) {
    auto user = type == "user" ? id : std::string();
    if (type == "actor") {
        auto const character = game_.directory([&](Directory& d) { return d.character(id); });
        user = character ? character->owner : std::string();
    }
    bool const belongs = !user.empty() && game_.belongs(user, ticket.session);
    return belongs ? std::optional(std::move(user)) : std::nullopt;
}

// People read names, not ids. So one has one's own: that of the account or of a character. Who
// leads the session speaks for everybody else in it.
std::string Talk::name_of(User const& user, std::string const& session,
                          std::optional<std::string> const& given) {
    if (!given || *given == user.username || game_.leads(user, session)) {
        return given.value_or(user.name);
    }
    auto const campaign = game_.facts(session).campaign;
    bool const plays =
        game_.directory([&](Directory& d) { return d.plays(user.id, campaign, *given); });
    return plays ? *given : user.name;
}

// Nobody speaks for somebody else: a character only by its owner, all others only by the game
// master.
std::optional<Json> Talk::sender_of(Socket& socket, Ticket const& ticket, Json sender) {
    auto const& user = Game::user(socket);
    auto const type = text_of(sender["type"]).value_or("user");
    if (type == "user") {
        return party("user", user.id, name_of(user, ticket.session, text_of(sender["name"])));
    }
    if (game_.leads(user, ticket.session)) {
        return sender;
    }
    auto const id = text_of(sender["id"]).value_or("");
    auto const character = game_.directory([&](Directory& d) { return d.character(id); });
    if (type != "actor" || !character || character->owner != user.id) {
        return std::nullopt;
    }
    sender.set("name", character->name);
    return sender;
}

Task<bool> Talk::keep(Spoken line, Say say) {
    auto const& recipient = line.metadata["recipient"];
    campaigns::Line kept{line.ticket.session,
                         line.ticket.user.id,
                         text_of(recipient["type"]).value_or("session"),
                         text_of(recipient["id"]).value_or(line.ticket.session),
                         line.text,
                         line.metadata.dump(),
                         line.ticket.timestamp};
    auto const work = [kept = std::move(kept)](store::Database& database) {
        campaigns::add_line(database, kept);
    };
    auto const announce = [line = std::move(line), say = std::move(say)](auto const&) {
        say(line);
    };
    try {
        co_await game_.store().ask(work, announce);
        co_return true;
    } catch (store::StoreError const& error) {
        engineio::tell_threw("dungeonlab", "keeping a line of chat", error.what());
    }
    co_return false;
}

// --- the envelope of dialect S -------------------------------------------------------------------

void Talk::message(Socket& socket, Json envelope, socketio::Ack<Answer> ack) {
    auto const ticket = game_.authorise(socket, text_of(envelope["gameSessionId"]));
    if (!ticket) {
        refuse(socket, ticket.error().message, ack);
        return;
    }
    auto const type = text_of(envelope["type"]).value_or("");
    auto const to = text_of(envelope["recipient"]).value_or("");
    if (type.empty() || to.empty() || !envelope["data"].is_object()) {
        refuse(socket, "Invalid arguments for message", ack);
        return;
    }
    if (type == "game-state-update" || type == "plugin-state-update") {
        refuse(socket, "Only the server sends " + type, ack);
        return;
    }
    if (auto const shown = text_of(envelope["data"]["displayName"])) {
        envelope.object_members()->find("data")->set("displayName",
                                                     name_of(ticket->user, ticket->session, shown));
    }
    envelope.set("sender", ticket->user.id);
    envelope.set("gameSessionId", ticket->session);
    envelope.set("timestamp", ticket->timestamp);
    if (to == "all") {
        game_.nsp().to(session_room(ticket->session)).emit("message", envelope);
    } else if (to != "server") {
        auto const user = to == "gm" ? game_.facts(ticket->session).game_master : to;
        if (!game_.belongs(user, ticket->session)) {
            refuse(socket, "Recipient not found", ack);
            return;
        }
        std::vector<std::string> rooms{user_room(user)};
        if (to != "gm") {
            rooms.push_back(socket.id());  // one's own whisper is shown to oneself
        }
        game_.nsp().to(rooms).emit("message", envelope);
    }
    ack({true, std::nullopt});
}

// --- relays --------------------------------------------------------------------------------------

void Talk::actor_update(Socket& socket, Json update, socketio::Ack<Answer> ack) {
    relay(socket, "actor-update", std::nullopt, std::move(update), ack);
}

void Talk::map_update(Socket& socket, Json update, socketio::Ack<Answer> ack) {
    relay(socket, "map-update", StateKind::map, std::move(update), ack);
}

void Talk::initiative_update(Socket& socket, Json update, socketio::Ack<Answer> ack) {
    relay(socket, "initiative-update", StateKind::initiative, std::move(update), ack);
}

void Talk::relay(Socket& socket, std::string_view event, std::optional<StateKind> kind, Json update,
                 socketio::Ack<Answer> const& ack) {
    auto const& named = update["sessionId"];
    if (!update.is_object() || !(named.is_null() || named.is_string())) {
        refuse(socket, "Invalid arguments for " + std::string(event), ack);
        return;
    }
    auto const ticket = game_.authorise(socket, text_of(named));
    if (!ticket) {
        refuse(socket, ticket.error().message, ack);
        return;
    }
    update.set("userId", ticket->user.id);
    update.set("timestamp", ticket->timestamp);
    if (kind) {
        game_.rules([&](DungeonLab& rules) { rules.remember(*ticket, *kind, update.dump()); });
    }
    socket.to(session_room(ticket->session, Dialect::seed)).emit(event, update);
    ack({true, std::nullopt});
}

// --- dialect B -----------------------------------------------------------------------------------

void Talk::move(Socket& socket, Json update) {
    auto const ticket = game_.authorise(socket, text_of(update["gameSessionId"]));
    if (!ticket || !update["position"].is_object()) {
        game_.complain(socket, ticket ? "Invalid position" : ticket.error().message);
        return;
    }
    socket.to(session_room(ticket->session)).emit("move", update);
}

void Talk::start_encounter(Socket& socket, Json request) {
    encounter(socket, "start", request);
}

void Talk::stop_encounter(Socket& socket, Json request) {
    encounter(socket, "stop", request);
}

void Talk::encounter(Socket& socket, std::string const& verb, Json const& request) {
    auto const ticket = game_.authorise(socket, text_of(request["sessionId"]));
    auto const id = text_of(request["encounterId"]);
    if (!ticket || !id) {
        game_.complain(socket, ticket ? "Encounter ID is required" : ticket.error().message);
        return;
    }
    if (!game_.leads(ticket->user, ticket->session)) {
        game_.complain(socket, "Only the game master can " + verb + " encounters");
        return;
    }
    game_.nsp()
        .to(session_room(ticket->session))
        .emit("encounter:" + verb,
              Json::object({{"encounterId", *id},
                            {"campaignId", game_.facts(ticket->session).campaign},
                            {"timestamp", ticket->timestamp}}));
}

Json Talk::plugin_action(Socket& socket, Json plugin, Json action) {
    auto const ticket = game_.authorise(socket);
    if (!ticket) {
        return failure(ticket.error().message);
    }
    auto answer = failure("No such plugin: " + text_of(plugin).value_or(""));
    answer.set("data", std::move(action));
    return answer;
}

}  // namespace apps::dungeonlab
