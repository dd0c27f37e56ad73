#include "apps/casys/game_store.hpp"
#include "apps/casys/table.hpp"
#include "apps/common/rest_limits.hpp"
#include "apps/server/raw_system.hpp"
#include "apps/server/systems.hpp"
#include "casys_schema.hpp"
#include "casys_story.hpp"
#include "engineio/net/text.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <utility>

namespace apps::server {

namespace {

using namespace std::chrono_literals;

// Every side as likely as the others: what would favour the low ones is thrown again.
int throw_die(int sides) {
    auto const count = static_cast<std::uint32_t>(sides);
    auto const fair = std::numeric_limits<std::uint32_t>::max() / count * count;
    std::uint32_t value = 0;
    do {
        engineio::net::random_fill(&value, sizeof value);
    } while (value >= fair);
    return static_cast<int>(value % count) + 1;
}

common::EndpointOptions casys_endpoint(SystemConfig const& config) {
    common::EndpointOptions options;
    options.max_message_bytes = 16 * 1024;  // a choice is a few hundred bytes
    options.rate = common::Rate{static_cast<double>(config.extra<int>("messages_per_10_s")), 10s};
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
                              common::random_uuid, throw_die),
                 common::wall_clock_ms) {
        casys::events(endpoint(), table_);
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
                   {.key = "messages_per_10_s",
                    .help = "Messages that one connection may send in ten seconds",
                    .value = 120,
                    .low = 1,
                    .high = 1'000'000}};
    return {info, &casys::schema,
            [](SystemContext& context) { return std::make_unique<CasysSystem>(context); }};
}

}  // namespace apps::server
