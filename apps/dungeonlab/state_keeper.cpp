#include "apps/dungeonlab/state_keeper.hpp"

#include "socketio/json_codec.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace apps::dungeonlab {

using socketio::RawJson;

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

std::string source_of(Json const& change) {
    return text_of(change["source"]).value_or("gm");
}

constexpr char no_state[] = "Game state not found for campaign";

}  // namespace

template <class Notice>
void StateKeeper::announce(std::string const& campaign, std::string_view event,
                           Notice const& notice) {
    std::vector<std::string> rooms;
    for (auto const& session :
         game_.directory([&](Directory& d) { return d.sessions_of(campaign); })) {
        rooms.push_back(session_room(session, Dialect::current));
    }
    if (!rooms.empty()) {  // nobody, not everybody
        game_.nsp().to(rooms).emit(event, notice);
    }
}

Task<FullStateAnswer> StateKeeper::request_full(Socket& socket, Json session) {
    auto const id = text_of(session).value_or("");
    auto const facts = game_.session(id);
    if (!facts) {
        co_return FullStateAnswer{false, "Session not found"};
    }
    if (!game_.authorise(socket, id)) {
        co_return FullStateAnswer{false, "Access denied: not in session"};
    }
    auto const find_record = [campaign = facts->campaign](store::Database& database) {
        return states::of_campaign(database, campaign);
    };
    auto record = co_await game_.store().ask(find_record);
    if (!record) {
        co_return FullStateAnswer{false, no_state};
    }
    FullState state{id,
                    record->id,
                    RawJson::trusted(std::move(record->text)),
                    std::to_string(record->version),
                    record->hash,
                    game_.now()};
    co_return FullStateAnswer{true, {}, std::move(state)};
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

void StateKeeper::announce_change(StateRecord const& made, Json const& change) {
    announce(made.campaign, "gameState:updated",
             StateChanged{made.id, RawJson::trusted(change["operations"].dump()),
                          std::to_string(made.version), made.hash, game_.now(), source_of(change)});
}

Task<Json> StateKeeper::update(Socket& socket, Json change) {
    auto const id = text_of(change["gameStateId"]).value_or("");
    auto const find_campaign = [id](store::Database& database) {
        return states::campaign_of(database, id);
    };
    auto const campaign = co_await game_.store().ask(find_campaign);
    if (!campaign) {
        co_return failure_of({"GAMESTATE_NOT_FOUND", "Game state not found"});
    }
    auto const reach = reach_of(socket, *campaign, source_of(change));
    if (reach == Reach::nothing) {
        co_return failure_of({"PERMISSION_DENIED", "Only the game master can change the state"});
    }
    auto const player = reach == Reach::all ? std::nullopt : std::optional(Game::user(socket).id);
    // Its tree may take tens of megabytes: it is not copied.
    auto const wanted = std::make_shared<Json>(std::move(change));
    auto const work = [id, wanted, player](store::Database& database) {
        return states::update(database, id, text_of((*wanted)["version"]).value_or(""),
                              (*wanted)["operations"], player);
    };
    auto const announce_it = [this, wanted](states::Outcome<StateRecord> const& record) {
        auto const done = std::exchange(*wanted, Json());  // and is freed here, not on the shard
        if (record) {
            announce_change(*record, done);
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
            announce(campaign, "gameState:reinitialized",
                     StateMadeAnew{made->id, RawJson::trusted(made->text),
                                   std::to_string(made->version), made->hash, game_.now(), by});
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
    auto const work = [campaign = *campaign](store::Database& database) {
        return states::check(database, campaign);
    };
    auto const hashes = co_await game_.store().ask(work);
    if (!hashes) {
        co_return failure(no_state);
    }
    auto answer = success();
    answer.set("isHashValid", hashes->calculated == hashes->stored);
    answer.set("storedHash", hashes->stored);
    answer.set("calculatedHash", hashes->calculated);
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

}  // namespace apps::dungeonlab
