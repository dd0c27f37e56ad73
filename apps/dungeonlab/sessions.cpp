#include "apps/dungeonlab/sessions.hpp"

#include "apps/dungeonlab/campaigns.hpp"
#include "socketio/json_codec.hpp"

#include <algorithm>
#include <utility>

namespace apps::dungeonlab {

namespace {

// Actions come flat or with their fields under `data`, as in the system's message envelope.
Action neutral(Json const& json) {
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

UserData view(Profile const& profile) {
    auto const& user = profile.user;
    return {user.id, user.username, user.name, user.is_admin, profile.session};
}

}  // namespace

// --- dialect S ---------------------------------------------------------------------------------

void Sessions::join_seed(Socket& socket, std::string session, socketio::Ack<JoinAnswer> ack) {
    auto const arrival = game_.enter(socket, session, Dialect::seed);
    if (!arrival) {
        game_.complain(socket, arrival.error().message);
        ack({false, arrival.error().message, std::nullopt, std::nullopt});
        return;
    }
    std::vector<MemberView> members;
    for (auto const& member : arrival->members) {
        members.push_back({member.id, member.name});
    }
    ack({true, std::nullopt, session, members});
}

void Sessions::leave_seed(Socket& socket, std::optional<std::string> session,
                          socketio::Ack<Answer> ack) {
    auto const left = game_.leave(socket, session);
    if (!left) {
        game_.complain(socket, left.error().message);
        ack({false, left.error().message});
        return;
    }
    ack({true, std::nullopt});
}

void Sessions::user_data(Socket& socket, Json request, socketio::Ack<UserDataAnswer> ack) {
    auto const wanted = text_of(request.is_object() ? request["userId"] : request);
    auto const profile =
        game_.rules([&](DungeonLab& rules) { return rules.profile(socket.id(), wanted); });
    if (!profile) {
        game_.complain(socket, profile.error().message);
        ack({false, std::nullopt, profile.error().message});
    } else if (ack) {
        ack({true, view(*profile), std::nullopt});
    } else {
        socket.emit("user-data", view(*profile));
    }
}

void Sessions::validate(Socket& socket, Json action, socketio::Ack<ValidationAnswer> ack) {
    if (!action.is_object()) {
        std::string const message = "Invalid arguments for validate-action";
        game_.complain(socket, message);
        ack({false, false, message});
        return;
    }
    auto const objection = game_.rules(
        [&](DungeonLab& rules) { return rules.objection(socket.id(), neutral(action)); });
    ValidationAnswer const answer{true, !objection, objection};
    if (ack) {
        ack(answer);
    } else {
        socket.emit("action-validated", answer);
    }
}

// --- dialect B ---------------------------------------------------------------------------------

Task<Json> Sessions::join_camel(Socket& socket, Json session, Json actor) {
    auto const id = text_of(session).value_or("");
    auto const with = text_of(actor).value_or("");
    auto const facts = game_.session(id);
    auto const character = game_.directory([&](Directory& d) { return d.character(with); });
    if (!with.empty() && facts && (!character || character->campaign != facts->campaign)) {
        co_return failure("User not in session");
    }
    auto const arrival = game_.enter(socket, id, Dialect::camel, with);
    if (!arrival) {
        co_return failure(arrival.error().message);
    }
    auto data = co_await full(id);
    auto answer = success();
    answer.set("data", std::move(data));
    co_return answer;
}

void Sessions::leave_camel(Socket& socket, Json session) {
    auto const left = game_.leave(socket, text_of(session));
    if (!left) {
        game_.complain(socket, left.error().message);
    }
}

// --- dialect C ---------------------------------------------------------------------------------

Task<Json> Sessions::join_current(Socket& socket, Json session) {
    auto const id = text_of(session).value_or("");
    auto const arrival = game_.enter(socket, id, Dialect::current);
    if (!arrival) {
        co_return failure(arrival.error().message);
    }
    auto joined = co_await full(id);
    auto answer = success();
    answer.set("session", std::move(joined));
    co_return answer;
}

Json Sessions::leave_current(Socket& socket, Json session) {
    game_.leave(socket, text_of(session));
    return success();  // who is not in it has left it
}

Task<Json> Sessions::end(Socket& socket, Json session) {
    auto const id = text_of(session).value_or("");
    User const user = Game::user(socket);
    auto const ended = co_await change(user, id, finish());
    if (!ended) {
        co_return failure(ended.error().message);
    }
    auto answer = success();
    answer.set("sessionId", id);
    co_return answer;
}

// --- of all ------------------------------------------------------------------------------------

Sessions::Change const& Sessions::start() {
    static Change const change{"started", "active", {"scheduled"}};
    return change;
}
Sessions::Change const& Sessions::pause() {
    static Change const change{"paused", "paused", {"active"}};
    return change;
}
Sessions::Change const& Sessions::resume() {
    static Change const change{"resumed", "active", {"paused"}};
    return change;
}
Sessions::Change const& Sessions::finish() {
    static Change const change{"ended", "ended", {"scheduled", "active", "paused"}};
    return change;
}

Task<Outcome<SessionRecord>> Sessions::change(User user, std::string session, Change change) {
    if (!game_.session(session)) {
        co_return Refusal{"Session not found", {}, {}};
    }
    if (!game_.leads(user, session)) {
        co_return Refusal{"Only the game master can do this", {}, {}};
    }
    auto const work = [session, change](store::Database& database) -> std::optional<SessionRecord> {
        auto record = campaigns::find_session(database, session);
        auto const& from = change.from;
        if (!record || std::find(from.begin(), from.end(), record->status) == from.end()) {
            return std::nullopt;
        }
        campaigns::set_status(database, session, change.status);
        record->status = change.status;
        return record;
    };
    auto const announce = [this, by = user.id,
                           verb = std::string(change.verb)](auto const& changed) {
        if (changed) {
            tell_change(*changed, by, verb);
        }
    };
    auto const changed = co_await game_.store().ask(work, announce);
    if (!changed) {
        co_return Refusal{"The session cannot be " + std::string(change.verb) + " now", {}, {}};
    }
    co_return *changed;
}

// In the order of the changes, so that the directory ends with the last.
void Sessions::tell_change(SessionRecord const& session, std::string const& by,
                           std::string const& verb) {
    game_.directory([&](Directory& d) {
        d.put_session(session.id, {session.campaignId, session.gameMasterId, session.status});
    });
    game_.nsp()
        .to({session_room(session.id), user_room(by)})
        .emit("gameSession:" + verb,
              Json::object(
                  {{"sessionId", session.id}, {verb + "By", by}, {"timestamp", game_.now()}}));
    if (session.status == "ended") {
        game_.close_rooms(session.id);
    }
}

Task<Outcome<SessionRecord>> Sessions::open(User user, std::string campaign, std::string name) {
    auto const work = [user, campaign, name, now = game_.now()](store::Database& database) {
        return campaigns::add_session(database, campaign, user.id, name, "scheduled", now);
    };
    auto const note = [this](campaigns::Opening const& opening) {
        game_.directory([&](Directory& d) {
            if (opening.gone) {
                d.remove_session(*opening.gone);
            }
            if (auto const& made = opening.made) {
                d.put_session(made->id, {made->campaignId, made->gameMasterId, made->status});
            }
        });
    };
    auto const opening = co_await game_.store().ask(work, note);
    if (!opening.made) {
        co_return Refusal{"Too many sessions, end one first", {}, {}};
    }
    co_return *opening.made;
}

Task<Json> Sessions::full(std::string session) {
    auto people = game_.present(session);
    auto const work = [session, people = std::move(people)](store::Database& database) {
        auto const record = campaigns::find_session(database, session);
        return record ? campaigns::full_sessions(database, {{*record, people}})[0] : Json();
    };
    co_return co_await game_.store().ask(work);
}

Task<Json> Sessions::full_list(std::vector<SessionRecord> sessions) {
    std::vector<campaigns::Seated> seated;
    for (auto& session : sessions) {
        auto people = game_.present(session.id);
        seated.push_back({std::move(session), std::move(people)});
    }
    auto const work = [seated = std::move(seated)](store::Database& database) {
        return socketio::to_json(campaigns::full_sessions(database, seated));
    };
    co_return co_await game_.store().ask(work);
}

}  // namespace apps::dungeonlab
