#include "apps/dungeonlab/action_router.hpp"

#include "apps/common/later.hpp"

#include <utility>

namespace apps::dungeonlab {

namespace {

Json refusal(Json const& request, char const* code, std::string const& message) {
    return Json::object({{"success", false},
                         {"requestId", request["id"]},
                         {"error", Json::object({{"code", code}, {"message", message}})}});
}

}  // namespace

Json ActionRouter::objection(Socket& socket, Json const& request, std::string const& session) {
    auto const facts = game_.session(session);
    if (!facts) {
        return refusal(request, "SESSION_NOT_FOUND", "Session not found");
    }
    if (auto const ticket = game_.authorise(socket, session); !ticket) {
        return refusal(request, "PERMISSION_DENIED", ticket.error().message);
    }
    if (facts->status == "paused") {
        return refusal(request, "SESSION_PAUSED", "The session is paused");
    }
    if (facts->status != "active") {
        return refusal(request, "SESSION_INACTIVE", "The session is not active");
    }
    if (!text_of(request["id"]) || !text_of(request["action"])) {
        return refusal(request, "ROUTING_ERROR", "A request needs an id and an action");
    }
    return {};
}

Task<Json> ActionRouter::request(Socket& socket, Json request) {
    auto const session = text_of(request["sessionId"]).value_or("");
    if (auto refused = objection(socket, request, session); !refused.is_null()) {
        co_return refused;
    }
    auto const id = *text_of(request["id"]);
    auto const gm = game_.facts(session).game_master;
    auto const target =
        game_.rules([&](DungeonLab& rules) { return rules.connection_of(gm, session); });
    if (!target) {
        co_return refusal(request, "GM_NOT_CONNECTED", "The game master is not connected");
    }
    common::Later<Json> answer;
    auto const resolve = [resolver = answer.resolver()](Json value) {
        resolver({std::move(value), nullptr});
    };
    if (!pending_.with([&](PendingActions& p) { return p.add(session, id, resolve); })) {
        co_return refusal(request, "ROUTING_ERROR", "This request is on its way already");
    }
    request.set("playerId", Game::user(socket).id);
    game_.nsp().to(*target).emit("gameAction:forward", request);
    auto const late = refusal(request, "REQUEST_TIMEOUT", "The game master did not answer");
    auto const timer =
        engineio::net::Shard::current()->timers().after(timeout_, [this, session, id, late] {
            if (auto const open =
                    pending_.with([&](PendingActions& p) { return p.take(session, id); })) {
                (*open)(late);
            }
        });
    co_return co_await answer;
}

void ActionRouter::respond(Socket& socket, Json response) {
    auto const ticket = game_.authorise(socket);
    auto const id = text_of(response["requestId"]);
    if (!ticket || !id || !game_.leads(ticket->user, ticket->session)) {
        game_.complain(socket, "Only the game master can answer requests");
        return;
    }
    if (auto const open =
            pending_.with([&](PendingActions& p) { return p.take(ticket->session, *id); })) {
        (*open)(std::move(response));
    }
}

void ActionRouter::approve(Socket& socket, Json decision) {
    tell(socket, "gameAction:approved", decision);
}

void ActionRouter::deny(Socket& socket, Json decision) {
    tell(socket, "gameAction:denied", decision);
}

void ActionRouter::tell(Socket& socket, char const* event, Json const& decision) {
    auto const ticket = game_.authorise(socket);
    auto const player = text_of(decision["playerId"]).value_or("");
    if (!ticket || !game_.leads(ticket->user, ticket->session) ||
        !game_.belongs(player, ticket->session)) {
        game_.complain(socket, "Only the game master can answer requests");
        return;
    }
    auto notice = Json::object({{"requestId", decision["requestId"]}});
    if (decision.contains("reason")) {
        notice.set("reason", decision["reason"]);
    }
    game_.nsp().to(user_room(player)).emit(event, notice);
}

}  // namespace apps::dungeonlab
