#include "apps/dungeonlab/rest_side.hpp"

#include <utility>

namespace apps::dungeonlab {

using common::RestCall;

common::RestOptions rest_options(engineio::Cors cors) {
    common::RestOptions options;
    options.cors = std::move(cors);
    options.error_form = [](common::RestError const& error) {
        return error.code == "UNAUTHORIZED" ? Json::object({{"message", error.message}})
                                            : failure(error.message);
    };
    return options;
}

void add_routes(common::Rest& rest, RestSide& side, Accounts& accounts) {
    rest.post("/api/auth/login", &Accounts::login, &accounts);
    rest.post("/api/auth/register", &Accounts::register_, &accounts);
    rest.post("/api/auth/logout", &Accounts::logout, &accounts);
    rest.get("/api/auth/me", &Accounts::me, &accounts);
    rest.patch("/api/auth/me", &Accounts::change_me, &accounts);

    rest.get("/api/campaigns", &RestSide::list_campaigns, &side);
    rest.get("/api/campaigns/:id", &RestSide::get_campaign, &side);

    rest.get("/api/game-sessions", &RestSide::list_sessions, &side);
    rest.post("/api/game-sessions", &RestSide::add_session, &side);
    rest.get("/api/game-sessions/:id", &RestSide::get_session, &side);
    rest.get("/api/game-sessions/:id/messages", &RestSide::get_messages, &side);
    for (auto const& [verb, change] :
         {std::pair("start", &Sessions::start()), std::pair("pause", &Sessions::pause()),
          std::pair("resume", &Sessions::resume()), std::pair("end", &Sessions::finish())}) {
        rest.post(std::string("/api/game-sessions/:id/") + verb,
                  [&side, change](RestCall& call, std::string id) {
                      return side.change_session(call, std::move(id), *change);
                  });
    }

    rest.get("/api/documents", &RestSide::list_documents, &side);
    rest.get("/api/documents/:id", &RestSide::get_document, &side);
    rest.get("/api/actors", &RestSide::list_actors, &side);
    rest.get("/api/actors/:id", &RestSide::get_document, &side);

    // Features this system has not; the frontends ask for the lists all the same, for that of
    // plugins before anybody is logged in.
    for (auto const* path : {"/api/plugins", "/api/bots", "/api/encounters", "/api/maps",
                             "/api/assets", "/api/invites", "/api/compendiums"}) {
        rest.get(path, [] { return Json::object({{"success", true}, {"data", Json::array()}}); });
    }
    rest.get("/api/health", [] { return Json::object({{"status", "ok"}}); });
}

}  // namespace apps::dungeonlab
