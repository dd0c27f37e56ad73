#include "apps/common/rest_limits.hpp"
#include "apps/eliza/api.hpp"
#include "apps/eliza/doctor.hpp"
#include "apps/eliza/http_agent.hpp"
#include "apps/eliza/lounge.hpp"
#include "apps/server/systems.hpp"
#include "eliza_schema.hpp"
#include "engineio/cors.hpp"

#include <utility>

namespace apps::server {

namespace {

using Agents = std::vector<std::unique_ptr<eliza::Agent>>;

// The client is made only if there is somebody to call.
Agents staff(SystemConfig const& config, std::optional<common::HttpClient>& client) {
    Agents agents;
    agents.push_back(std::make_unique<eliza::DoctorAgent>());
    auto const& url = config.extra<std::string>("agent_url");
    if (url.empty()) {
        return agents;
    }
    auto const target = common::parse_http_url(url);
    if (!target) {
        throw ConfigError("eliza.agent_url: not an http:// or https:// URL without a password");
    }
    agents.push_back(std::make_unique<eliza::HttpAgent>(
        client.emplace(),
        eliza::HttpAgentOptions{*target, config.extra<std::string>("agent_name"),
                                config.extra<std::string>("agent_key"),
                                std::chrono::milliseconds(config.extra<int>("agent_timeout_ms"))}));
    return agents;
}

class ElizaSystem final : public SocketIoSystem {
public:
    explicit ElizaSystem(SystemContext& context)
        : SocketIoSystem(context), access_{context.config.extra<std::string>("api_key"),
                                           context.config.extra<bool>("needs_entity"),
                                           {static_cast<double>(context.config.extra<int>("rate")),
                                            std::chrono::seconds(10)}},
          desk_(context.store, common::wall_clock_ms, common::random_uuid,
                {context.config.extra<bool>("isolation"),
                 {},
                 [this](std::string const& channel) { return presence_.has(channel); },
                 [this](std::string const& channel) { stage_.channel_deleted(channel); }}),
          journal_(io().sockets(), common::wall_clock_ms),
          stage_(io().sockets(), desk_, journal_, staff(context.config, http_client_)),
          lounge_(desk_, stage_, journal_, presence_, access_), limits_({.login_paths = {}}),
          no_foreign_changes_(common::refuse_foreign_changes(context.origins)),
          api_(desk_, stage_, journal_, access_,
               [this](common::RestCall const& call) { return refuse_as_change(call); }),
          rest_(options_of(context)) {
        auto const profiles = stage_.profiles();
        desk_.begin(profiles);
        eliza::lounge_events(io().sockets(), lounge_, journal_);
        rest_.before(no_foreign_changes_);
        limits_.add_to(rest_);
        eliza::api_routes(rest_, api_);
        rest_.mount(routes());
        journal_.write(30, "Server started", profiles.front());
    }

    // Nobody calls back any more when the stage goes.
    ~ElizaSystem() override { http_client_.reset(); }

    std::string hint() const override { return "Talk to Eliza, alone or in company."; }

private:
    static common::RestOptions options_of(SystemContext const& context) {
        auto options = eliza::api_options();
        options.cors = context.options.cors;
        return options;
    }

    // What a GET says of its page: links and images of foreign ones send no Origin.
    std::optional<common::Reply> refuse_as_change(common::RestCall call) {
        auto& request = call.request;
        request.method = "POST";
        if (!request.header("sec-fetch-site").empty() || !request.header("referer").empty()) {
            engineio::net::set_header(request.headers, "origin",
                                      engineio::page_origin(request, true));
        }
        auto refusal = no_foreign_changes_(call);
        return refusal ? std::move(refusal) : limits_.check(call);
    }

    eliza::Access access_;
    eliza::Presence presence_;
    eliza::Desk desk_;
    eliza::Journal journal_;
    std::optional<common::HttpClient> http_client_;
    eliza::Stage stage_;
    eliza::Lounge lounge_;
    common::RestLimits limits_;
    common::Rest::Hook no_foreign_changes_;
    eliza::Api api_;
    common::Rest rest_;
};

}  // namespace

SystemKind eliza_system() {
    SystemInfo info;
    info.name = "eliza";
    info.title = "ElizaOS";
    info.port = 3001;
    info.extras = {
        {.key = "api_key",
         .help = "Key that sockets and REST must give; empty: everybody may",
         .secret = true},
        {.key = "needs_entity",
         .help = "Refuse sockets that do not say who they are",
         .value = false},
        {.key = "rate",
         .help = "Joins, messages and questions of one connection in 10 seconds; 0: no limit",
         .value = 500,
         .low = 0,
         .high = 1000000},
        {.key = "agent_url",
         .help = "Endpoint of one more agent (see eliza/http_agent.hpp); empty: none"},
        {.key = "agent_name", .help = "Its name", .value = std::string("Assistant")},
        {.key = "agent_key", .help = "Sent to it as bearer token; empty: none", .secret = true},
        {.key = "agent_timeout_ms",
         .help = "Milliseconds it may take for an answer",
         .value = 30000,
         .low = 100,
         .high = 600000},
        {.key = "isolation",
         .help = "Only participants see and use a channel; stops liars only behind a proxy that "
                 "sets X-Entity-Id",
         .value = false},
    };
    return {info, &eliza::schema,
            [](SystemContext& context) { return std::make_unique<ElizaSystem>(context); }};
}

}  // namespace apps::server
