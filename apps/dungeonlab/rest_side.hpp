#pragma once

#include "apps/common/rest.hpp"
#include "apps/dungeonlab/accounts.hpp"
#include "apps/dungeonlab/documents.hpp"
#include "apps/dungeonlab/sessions.hpp"

#include <optional>
#include <string>

namespace apps::dungeonlab {

struct SessionFilter {
    std::optional<std::string> campaignId;
    std::optional<std::string> status;
    SIO_JSON(SessionFilter, campaignId, status)
};

struct NewSession {
    std::string name;
    std::string campaignId;
    SIO_JSON(NewSession, name, campaignId)
};

struct ActorFilter {
    std::optional<std::string> campaignId;
    std::optional<bool> userCharactersOnly;
    SIO_JSON(ActorFilter, campaignId, userCharactersOnly)
};

/// The plain HTTP routes of the system, all but those of accounts for people who are logged in.
/// What somebody is no member of does not exist for them. Outlives the server.
class RestSide {
public:
    RestSide(Game& game, Accounts& accounts, Sessions& sessions)
        : game_(game), accounts_(accounts), sessions_(sessions) {}

    Task<common::Reply> list_campaigns(common::RestCall& call);
    Task<common::Reply> get_campaign(common::RestCall& call, std::string id);
    Task<common::Reply> list_sessions(common::RestCall& call, SessionFilter filter);
    Task<common::Reply> get_session(common::RestCall& call, std::string id);
    Task<common::Reply> get_messages(common::RestCall& call, std::string id);
    Task<common::Reply> add_session(common::RestCall& call, NewSession wanted);
    Task<common::Reply> change_session(common::RestCall& call, std::string id,
                                       Sessions::Change change);
    Task<common::Reply> list_documents(common::RestCall& call, documents::Search search);
    Task<common::Reply> documents_for(User user, documents::Search search);
    Task<common::Reply> get_document(common::RestCall& call, std::string id);
    Task<common::Reply> list_actors(common::RestCall& call, ActorFilter filter);

private:
    /// The id, if the user may be in the session or could before it ended; throws RestError.
    Task<std::string> visible_session(common::RestCall& call, std::string id);

    Game& game_;
    Accounts& accounts_;
    Sessions& sessions_;
};

/// Options of the table: the system's form of errors.
common::RestOptions rest_options(engineio::Cors cors);

/// The table.
void add_routes(common::Rest& rest, RestSide& side, Accounts& accounts);

}  // namespace apps::dungeonlab
