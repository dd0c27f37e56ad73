#pragma once

#include "apps/common/rest.hpp"
#include "apps/eliza/access.hpp"
#include "apps/eliza/desk.hpp"
#include "apps/eliza/journal.hpp"
#include "apps/eliza/read_turns.hpp"
#include "apps/eliza/stage.hpp"

#include <optional>
#include <string>
#include <utility>

namespace apps::eliza {

/// The query of a channel's messages: times as ISO 8601 or milliseconds.
struct PageQuery {
    std::optional<std::string> limit;
    std::optional<std::string> before;
    std::optional<std::string> after;
    SIO_JSON(PageQuery, limit, before, after)
};

struct LogQuery {
    std::optional<std::string> level;
    std::optional<std::string> agentName;
    std::optional<std::string> limit;
    SIO_JSON(LogQuery, level, agentName, limit)
};

struct DmQuery {
    std::string currentUserId;
    std::string targetUserId;
    std::optional<std::string> dmServerId;
    SIO_JSON(DmQuery, currentUserId, targetUserId, dmServerId)
};

/// The REST side of ElizaOS: reads the request, asks the rules, tells the channels what changed and
/// answers `{success: true, data}` unless the contract says otherwise (app-contracts 3.8). Owned by
/// the system, outlives the server; handlers run on every shard at once.
class Api {
public:
    using Json = socketio::Json;
    using Call = common::RestCall;
    using Reply = common::Reply;
    using Task = socketio::Task<common::Reply>;

    /// `admit_change`: refuses a GET that would change something to who may change nothing now.
    Api(Desk& desk, Stage& stage, Journal& journal, Access const& access,
        common::Rest::Hook admit_change)
        : desk_(desk), stage_(stage), journal_(journal), access_(access),
          admit_change_(std::move(admit_change)), started_(desk.now()) {}

    /// The API key, before anything else below /api/.
    std::optional<Reply> check(Call const& call) const;

    Json version() const;
    Json config() const;
    Json ping() const;
    Json health() const;
    Json logs(LogQuery query) const;
    Json search_logs(std::optional<Json> body) const;
    Json clear_logs();

    Task agents();
    Task agent(std::string id);
    Task panels(std::string id);
    Task start_agent(std::string id);
    Task stop_agent(std::string id);

    Json current_server() const;
    Task servers(Call& call);
    Task make_server(Json body);
    Task remove_server(std::string id);
    Task channels(Call& call, std::string server);
    Task server_agents(std::string server);
    Task add_server_agent(std::string server, Json body);
    Task remove_server_agent(std::string server, std::string agent);
    Task agent_servers(std::string agent);

    Task make_channel(Call& call, Json body);
    Task dm_channel(Call& call, DmQuery query);
    Task channel(Call& call, std::string id);
    Task change_channel(Call& call, std::string id, Json body);
    Task remove_channel(Call& call, std::string id);
    Task participants(Call& call, std::string id);
    Task add_channel_agent(Call& call, std::string id, Json body);
    Task remove_channel_agent(Call& call, std::string id, std::string agent);
    Task title(Call& call, std::string id);

    Task messages(Call& call, std::string channel, PageQuery query);
    Task post_message(Call& call, std::string channel, Json body);
    Task message(Call& call, std::string id);
    Task remove_message(Call& call, std::string channel, std::string id);
    Task clear(Call& call, std::string channel);
    /// An agent outside speaks, and says that it is done.
    Task submit(Call& call, Json body);
    Task complete(Call& call, Json body);

private:
    /// To be kept while the answer is made; null: too many wait.
    ReadTurns::Task turn_of(Call const& call);
    Task set_active(std::string id, bool active);
    Task set_channel_agent(Call& call, std::string id, std::string agent, bool present);

    Desk& desk_;
    Stage& stage_;
    Journal& journal_;
    Access const& access_;
    common::Rest::Hook admit_change_;
    ReadTurns turns_;
    std::int64_t started_;
};

/// Path, handler.
void api_routes(common::Rest& rest, Api& api);
/// How refusals look: {"success": false, "error": {"message", "code"}}.
common::RestOptions api_options();

}  // namespace apps::eliza
