#include "apps/dungeonlab/rest_side.hpp"

#include "apps/auth/control_characters.hpp"
#include "apps/dungeonlab/campaigns.hpp"
#include "socketio/json_codec.hpp"

#include <algorithm>
#include <utility>

namespace apps::dungeonlab {

using common::Reply;
using common::RestCall;
using common::RestError;
using socketio::to_json;

namespace {

constexpr int history_lines = 200;

Json data(Json value) {
    return Json::object({{"success", true}, {"data", std::move(value)}});
}

RestError not_found(char const* what) {
    return {404, "NOT_FOUND", std::string(what) + " not found"};
}

bool is_member(CampaignRecord const& campaign, std::vector<CampaignRecord> const& own) {
    return std::any_of(own.begin(), own.end(),
                       [&](CampaignRecord const& one) { return one.id == campaign.id; });
}

}  // namespace

// --- campaigns ---------------------------------------------------------------------------------

Task<Reply> RestSide::list_campaigns(RestCall& call) {
    auto const user = co_await accounts_.require(call);
    auto const work = [id = user.id](store::Database& database) {
        return to_json(campaigns::of_user(database, id));
    };
    co_return data(co_await game_.store().ask(work));
}

// What one is no member of does not exist for one.
Task<Reply> RestSide::get_campaign(RestCall& call, std::string id) {
    auto const user = co_await accounts_.require(call);
    auto const work = [id, user](store::Database& database) -> std::optional<CampaignRecord> {
        auto campaign = campaigns::find(database, id);
        bool const visible =
            campaign &&
            (user.is_admin || is_member(*campaign, campaigns::of_user(database, user.id)));
        return visible ? campaign : std::nullopt;
    };
    auto const campaign = co_await game_.store().ask(work);
    if (!campaign) {
        co_return not_found("Campaign");
    }
    co_return data(to_json(*campaign));
}

// --- game sessions -----------------------------------------------------------------------------

Task<Reply> RestSide::list_sessions(RestCall& call, SessionFilter filter) {
    auto const user = co_await accounts_.require(call);
    auto const find = [id = user.id, filter](store::Database& database) {
        return campaigns::sessions_of_user(database, id, filter.campaignId, filter.status);
    };
    auto found = co_await game_.store().ask(find);
    co_return data(co_await sessions_.full_list(std::move(found)));
}

// A session whose members the user may be, or that they have ended.
Task<std::string> RestSide::visible_session(RestCall& call, std::string id) {
    auto const user = co_await accounts_.require(call);
    auto const facts = game_.session(id);
    if (!facts ||
        (!user.is_admin && facts->game_master != user.id &&
         !game_.directory([&](Directory& d) { return d.is_player(user.id, facts->campaign); }))) {
        throw not_found("Game session");
    }
    co_return id;
}

Task<Reply> RestSide::get_session(RestCall& call, std::string id) {
    auto const session = co_await visible_session(call, id);
    co_return data(co_await sessions_.full(session));
}

Task<Reply> RestSide::get_messages(RestCall& call, std::string id) {
    auto const session = co_await visible_session(call, id);
    auto const work = [session](store::Database& database) {
        return campaigns::history(database, session, history_lines);
    };
    co_return data(co_await game_.store().ask(work));
}

Task<Reply> RestSide::add_session(RestCall& call, NewSession wanted) {
    auto const user = co_await accounts_.require(call);
    if (wanted.name.size() > campaigns::max_session_name_bytes) {
        co_return RestError(400, "VALIDATION_ERROR", "The name is too long");
    }
    if (auth::has_control_characters(wanted.name)) {
        co_return RestError(400, "VALIDATION_ERROR", "The name must have no control characters");
    }
    if (wanted.name.empty() || !game_.leads_campaign(user, wanted.campaignId)) {
        co_return RestError(403, "FORBIDDEN", "Only the game master can make a session");
    }
    auto const made = co_await sessions_.open(user, wanted.campaignId, wanted.name);
    if (!made) {
        co_return RestError(400, "CONFLICT", made.error().message);
    }
    co_return Reply::created(data(co_await sessions_.full(made->id)));
}

Task<Reply> RestSide::change_session(RestCall& call, std::string id, Sessions::Change change) {
    auto const user = co_await accounts_.require(call);
    auto const changed = co_await sessions_.change(user, id, change);
    if (!changed) {
        if (!game_.session(id)) {
            co_return not_found("Game session");
        }
        bool const leads = game_.leads(user, id);
        co_return RestError(leads ? 400 : 403, leads ? "CONFLICT" : "FORBIDDEN",
                            changed.error().message);
    }
    co_return data(co_await sessions_.full(id));
}

// --- documents ---------------------------------------------------------------------------------

Task<Reply> RestSide::list_documents(RestCall& call, documents::Search search) {
    co_return co_await documents_for(co_await accounts_.require(call), std::move(search));
}

// Each may look at many documents, so one of a person goes after the other, as on the socket.
Task<Reply> RestSide::documents_for(User user, documents::Search search) {
    auto const turnstile = game_.turnstile(user);
    auto turn = turnstile->enter();
    auto const ticket = co_await turn.later;
    auto const work = [search, viewer = Game::viewer(user)](store::Database& database) {
        return documents::search(database, search, viewer);
    };
    auto const found = co_await game_.store().ask(work);
    co_return data(to_json(found));
}

Task<Reply> RestSide::get_document(RestCall& call, std::string id) {
    auto const user = co_await accounts_.require(call);
    auto const work = [id](store::Database& database) { return documents::find(database, id); };
    auto const found = co_await game_.store().ask(work);
    if (!found || !game_.may_see(user, *found)) {
        co_return not_found("Document");
    }
    co_return data(to_json(*found));
}

// The older generation of the app calls characters actors.
Task<Reply> RestSide::list_actors(RestCall& call, ActorFilter filter) {
    auto const user = co_await accounts_.require(call);
    documents::Search search;
    search.documentType = "character";
    search.campaignId = filter.campaignId;
    if (filter.userCharactersOnly.value_or(false)) {
        search.ownerId = user.id;
    }
    co_return co_await documents_for(user, std::move(search));
}

}  // namespace apps::dungeonlab
