#include "apps/dungeonlab/state_keeper.hpp"

#include "socketio/json_codec.hpp"

#include <utility>
#include <vector>

namespace apps::dungeonlab {

namespace {

Json failure_of(states::Refusal const& refusal) {
    auto error = Json::object({{"code", refusal.code}, {"message", refusal.message}});
    if (refusal.current_version) {
        error.set("currentVersion", *refusal.current_version);
    }
    if (refusal.current_hash) {
        error.set("currentHash", *refusal.current_hash);
    }
    return Json::object({{"success", false}, {"error", std::move(error)}});
}

Json with_state(Json json, StateRecord const& record) {
    json.set("gameStateId", record.id);
    json.set("gameState", record.state);
    json.set("gameStateVersion", std::to_string(record.version));
    json.set("gameStateHash", record.hash);
    return json;
}

constexpr char no_state[] = "Game state not found for campaign";

}  // namespace

Task<Json> StateKeeper::request_full(Socket& socket, Json session) {
    auto const id = text_of(session).value_or("");
    auto const facts = game_.session(id);
    if (!facts) {
        co_return failure("Session not found");
    }
    if (!game_.authorise(socket, id)) {
        co_return failure("Access denied: not in session");
    }
    auto const find_record = [campaign = facts->campaign](store::Database& database) {
        return states::of_campaign(database, campaign);
    };
    auto const record = co_await game_.store().ask(find_record);
    if (!record) {
        co_return failure(no_state);
    }
    auto data = with_state(Json::object({{"sessionId", id}}), *record);
    data.set("timestamp", game_.now());
    auto answer = success();
    answer.set("data", std::move(data));
    co_return answer;
}

// Who leads a session of the campaign may change all. What a client sends as "system" (a plugin's
// own bookkeeping) may come from everybody who sits in one; but each client can call itself so.
StateKeeper::Reach StateKeeper::reach_of(Socket& socket, std::string const& campaign,
                                         std::string const& source) {
    auto const ticket = game_.authorise(socket);
    auto const facts = ticket ? game_.session(ticket->session) : std::nullopt;
    if (!facts || facts->campaign != campaign) {
        return Reach::nothing;
    }
    if (game_.leads(ticket->user, ticket->session)) {
        return Reach::all;
    }
    return source == "system" ? Reach::their_own : Reach::nothing;
}

Task<Json> StateKeeper::update(Socket& socket, Json change) {
    auto const id = text_of(change["gameStateId"]).value_or("");
    auto const version = text_of(change["version"]).value_or("");
    auto const source = text_of(change["source"]).value_or("gm");
    auto const find_campaign = [id](store::Database& database) -> std::optional<std::string> {
        auto query = database.query("SELECT campaign_id FROM dungeonlab_states WHERE id = ?");
        return query.bind(id).step() ? std::optional(query.text(0)) : std::nullopt;
    };
    auto const campaign = co_await game_.store().ask(find_campaign);
    if (!campaign) {
        co_return failure_of({"GAMESTATE_NOT_FOUND", "Game state not found"});
    }
    auto const reach = reach_of(socket, *campaign, source);
    if (reach == Reach::nothing) {
        co_return failure_of({"PERMISSION_DENIED", "Only the game master can change the state"});
    }
    auto const player = reach == Reach::all ? std::nullopt : std::optional(Game::user(socket).id);
    auto const work = [id, version, operations = change["operations"],
                       player](store::Database& database) {
        return states::update(database, id, version, operations, player);
    };
    auto const announce_it = [this, campaign = *campaign, operations = change["operations"],
                              source](states::Outcome<StateRecord> const& record) {
        if (record) {
            announce(campaign, "gameState:updated",
                     Json::object({{"gameStateId", record->id},
                                   {"operations", operations},
                                   {"newVersion", std::to_string(record->version)},
                                   {"expectedHash", record->hash},
                                   {"timestamp", game_.now()},
                                   {"source", source}}));
        }
    };
    auto const record = co_await game_.store().ask(work, announce_it);
    if (!record) {
        co_return failure_of(record.error());
    }
    auto answer = success();
    answer.set("newVersion", std::to_string(record->version));
    answer.set("newHash", record->hash);
    co_return answer;
}

Outcome<std::string> StateKeeper::led_campaign(Socket& socket, Json const& session) {
    auto const id = text_of(session).value_or("");
    auto const facts = game_.session(id);
    if (!facts) {
        return Refusal{"Session not found", {}, {}};
    }
    if (auto const ticket = game_.authorise(socket, id); !ticket) {
        return ticket.error();
    }
    if (!game_.leads(Game::user(socket), id)) {
        return Refusal{"Only the game master can do this", {}, {}};
    }
    return {boost::system::in_place_value, facts->campaign};
}

Task<Json> StateKeeper::reset_hash(Socket& socket, Json session) {
    auto const campaign = led_campaign(socket, session);
    if (!campaign) {
        co_return failure(campaign.error().message);
    }
    auto const find_record = [campaign = *campaign](store::Database& database) {
        return states::reset_hash(database, campaign);
    };
    auto const record = co_await game_.store().ask(find_record);
    if (!record) {
        co_return failure(no_state);
    }
    auto answer = success();
    answer.set("newHash", record->hash);
    co_return answer;
}

Task<Json> StateKeeper::reinitialize(Socket& socket, Json session) {
    auto const campaign = led_campaign(socket, session);
    if (!campaign) {
        co_return failure(campaign.error().message);
    }
    auto const work = [campaign = *campaign](store::Database& database) {
        return states::reinitialize(database, campaign);
    };
    auto const announce_it = [this, campaign = *campaign,
                              by = Game::user(socket).id](std::optional<StateRecord> const& made) {
        if (made) {
            auto notice = with_state(Json::object(), *made);
            notice.set("timestamp", game_.now());
            notice.set("reinitializedBy", by);
            announce(campaign, "gameState:reinitialized", notice);
        }
    };
    auto const record = co_await game_.store().ask(work, announce_it);
    co_return record ? success() : failure(no_state);
}

Task<Json> StateKeeper::check(Socket& socket, Json session) {
    auto const campaign = led_campaign(socket, session);
    if (!campaign) {
        co_return failure(campaign.error().message);
    }
    auto const find_record = [campaign = *campaign](store::Database& database) {
        return states::of_campaign(database, campaign);
    };
    auto const record = co_await game_.store().ask(find_record);
    if (!record) {
        co_return failure(no_state);
    }
    auto const calculated = states::hash_of(record->state);
    auto answer = success();
    answer.set("isHashValid", calculated == record->hash);
    answer.set("storedHash", record->hash);
    answer.set("calculatedHash", calculated);
    co_return answer;
}

Task<Json> StateKeeper::sync(Socket& socket, Json session) {
    auto const campaign = led_campaign(socket, session);
    if (!campaign) {
        co_return failure(campaign.error().message);
    }
    auto const work = [campaign = *campaign, now = game_.now()](store::Database& database) {
        return states::sync(database, campaign, now);
    };
    auto const synced = co_await game_.store().ask(work);
    if (!synced) {
        co_return failure(no_state);
    }
    auto answer = success();
    answer.set("entitiesUpdated", socketio::to_json(*synced));
    co_return answer;
}

void StateKeeper::announce(std::string const& campaign, std::string_view event,
                           Json const& notice) {
    std::vector<std::string> rooms;
    for (auto const& session :
         game_.directory([&](Directory& d) { return d.sessions_of(campaign); })) {
        rooms.push_back(session_room(session, Dialect::current));
    }
    if (!rooms.empty()) {  // nobody, not everybody
        game_.nsp().to(rooms).emit(event, notice);
    }
}

}  // namespace apps::dungeonlab
