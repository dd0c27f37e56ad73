#include "apps/eliza/api.hpp"

namespace apps::eliza {

using socketio::Json;

namespace {

void messaging_routes(common::Rest& rest, Api& api, std::string const& servers,
                      std::string const& channels) {
    auto const server = servers + "/:id";
    auto const channel = channels + "/:id";
    rest.get(servers, &Api::servers, &api);
    rest.post(servers, &Api::make_server, &api);
    rest.remove(server, &Api::remove_server, &api);
    rest.get(server + "/channels", &Api::channels, &api);
    rest.get(server + "/agents", &Api::server_agents, &api);
    rest.post(server + "/agents", &Api::add_server_agent, &api);
    rest.remove(server + "/agents/:agent", &Api::remove_server_agent, &api);

    rest.post(channels, &Api::make_channel, &api);
    rest.get(channel + "/details", &Api::channel, &api);
    rest.get(channel + "/participants", &Api::participants, &api);
    rest.patch(channel, &Api::change_channel, &api);   // channelUpdated
    rest.remove(channel, &Api::remove_channel, &api);  // channelDeleted
    rest.post(channel + "/agents", &Api::add_channel_agent, &api);
    rest.remove(channel + "/agents/:agent", &Api::remove_channel_agent, &api);
    rest.post(channel + "/generate-title", &Api::title, &api);

    rest.get(channel + "/messages", &Api::messages, &api);
    rest.post(channel + "/messages", &Api::post_message, &api);  // messageBroadcast, agents answer
    rest.remove(channel + "/messages", &Api::clear, &api);       // channelCleared
    rest.remove(channel + "/messages/:message", &Api::remove_message, &api);  // messageDeleted
}

}  // namespace

// Path, handler; what the channel hears of it.
void api_routes(common::Rest& rest, Api& api) {
    rest.before([&api](Api::Call const& call) { return api.check(call); });

    rest.get("/api/system/version", &Api::version, &api);
    rest.get("/api/system/config", &Api::config, &api);
    rest.get("/api/server/ping", &Api::ping, &api);
    rest.get("/api/server/health", &Api::health, &api);
    rest.get("/healthz", &Api::health, &api);
    rest.get("/api/server/logs", &Api::logs, &api);
    rest.post("/api/server/logs", &Api::search_logs, &api);
    rest.remove("/api/server/logs", &Api::clear_logs, &api);

    rest.get("/api/agents", &Api::agents, &api);
    rest.get("/api/agents/:id", &Api::agent, &api);
    rest.get("/api/agents/:id/panels", &Api::panels, &api);
    rest.post("/api/agents/:id/start", &Api::start_agent, &api);
    rest.post("/api/agents/:id/stop", &Api::stop_agent, &api);

    rest.get("/api/messaging/message-server/current", &Api::current_server, &api);
    rest.get("/api/messaging/agents/:id/message-servers", &Api::agent_servers, &api);
    rest.get("/api/messaging/dm-channel", &Api::dm_channel, &api);
    rest.get("/api/messaging/messages/:id", &Api::message, &api);
    rest.post("/api/messaging/submit", &Api::submit, &api);      // messageBroadcast
    rest.post("/api/messaging/complete", &Api::complete, &api);  // messageComplete
    messaging_routes(rest, api, "/api/messaging/message-servers", "/api/messaging/channels");
    // As they were called before.
    messaging_routes(rest, api, "/api/messaging/central-servers",
                     "/api/messaging/central-channels");
}

common::RestOptions api_options() {
    common::RestOptions options;
    options.error_form = [](common::RestError const& error) {
        return Json::object(
            {{"success", false},
             {"error", Json::object({{"message", error.what()}, {"code", error.status}})}});
    };
    return options;
}

}  // namespace apps::eliza
