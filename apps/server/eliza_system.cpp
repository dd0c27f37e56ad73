#include "apps/eliza/api.hpp"
#include "apps/eliza/doctor.hpp"
#include "apps/eliza/lounge.hpp"
#include "apps/server/systems.hpp"
#include "eliza_schema.hpp"

#include <utility>

namespace apps::server {

namespace {

using Agents = std::vector<std::unique_ptr<eliza::Agent>>;

Agents staff() {
    Agents agents;
    agents.push_back(std::make_unique<eliza::DoctorAgent>());
    return agents;
}

class ElizaSystem final : public SocketIoSystem {
public:
    explicit ElizaSystem(SystemContext& context)
        : SocketIoSystem(context), access_{context.config.extra<std::string>("api_key"),
                                           context.config.extra<bool>("needs_entity")},
          desk_(context.store, common::wall_clock_ms, common::random_uuid,
                {context.config.extra<bool>("isolation"), {}}),
          journal_(io().sockets(), common::wall_clock_ms),
          stage_(io().sockets(), desk_, journal_, staff()),
          lounge_(desk_, stage_, journal_, access_), api_(desk_, stage_, journal_, access_),
          rest_(options_of(context)) {
        auto const profiles = stage_.profiles();
        desk_.begin(profiles);
        eliza::lounge_events(io().sockets(), lounge_, journal_);
        eliza::api_routes(rest_, api_);
        rest_.mount(routes());
        journal_.write(30, "Server started", profiles.front());
    }

    std::string hint() const override { return "Talk to Eliza, alone or in company."; }

private:
    static common::RestOptions options_of(SystemContext const& context) {
        auto options = eliza::api_options();
        options.cors = context.options.cors;
        return options;
    }

    eliza::Access access_;
    eliza::Desk desk_;
    eliza::Journal journal_;
    eliza::Stage stage_;
    eliza::Lounge lounge_;
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
        {.key = "isolation", .help = "Only participants see and use a channel", .value = false},
    };
    return {info, &eliza::schema,
            [](SystemContext& context) { return std::make_unique<ElizaSystem>(context); }};
}

}  // namespace apps::server
