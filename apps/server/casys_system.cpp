#include "apps/casys/game_store.hpp"
#include "apps/casys/table.hpp"
#include "apps/common/fair_die.hpp"
#include "apps/common/rest_limits.hpp"
#include "apps/server/rates.hpp"
#include "apps/server/raw_system.hpp"
#include "apps/server/systems.hpp"
#include "casys_schema.hpp"
#include "casys_story.hpp"

#include <utility>

namespace apps::server {

namespace {

common::EndpointOptions casys_endpoint(SystemConfig const& config) {
    common::EndpointOptions options;
    options.max_message_bytes = 16 * 1024;  // a choice is a few hundred bytes
    options.rate = messages_rate(config);
    return options;
}

common::RestOptions casys_rest(SystemContext const& context) {
    common::RestOptions options;
    options.error_form = [](common::RestError const& error) {
        return socketio::Json::object({{"detail", error.message}});  // FastAPI's
    };
    options.cors = context.origins.cors();
    options.max_body_bytes = 64 * 1024;
    return options;
}

casys::Story story_for(SystemConfig const& config) {
    auto const& path = config.extra<std::string>("story");
    return path.empty() ? casys::Story::parse(casys::story_text) : casys::Story::read(path);
}

class CasysSystem final : public RawSystem {
public:
    explicit CasysSystem(SystemContext& context)
        : RawSystem(context, common::Envelope::flat(), casys_endpoint(context.config)),
          store_(context.store), limits_({}), rest_(casys_rest(context)),
          table_(endpoint(),
                 casys::Casys(story_for(context.config), store_, common::wall_clock_ms,
                              common::random_uuid, common::fair_die),
                 store_, common::wall_clock_ms) {
        casys::events(endpoint(), table_);
        rest_.before(common::refuse_foreign_changes(context.origins));
        limits_.add_to(rest_);
        casys::routes(rest_, table_);
        mount_endpoint("/ws/game");
        mount_endpoint("/api/ws/game");
        rest_.mount(routes());
    }

    std::string hint() const override { return "Open it in two tabs, start, and choose together."; }

private:
    casys::SqliteGameStore store_;
    common::RestLimits limits_;
    common::Rest rest_;
    casys::Table table_;
};

}  // namespace

SystemKind casys_system() {
    SystemInfo info{.name = "casys", .title = "CASYS RPG", .port = 8000};
    info.extras = {{.key = "story", .help = "Story book (JSON); empty: ours"},
                   messages_setting("Messages", 120)};
    return {info, &casys::schema,
            [](SystemContext& context) { return std::make_unique<CasysSystem>(context); }};
}

}  // namespace apps::server
