#include "apps/common/rest_limits.hpp"
#include "apps/fuse/hub.hpp"
#include "apps/server/rates.hpp"
#include "apps/server/raw_system.hpp"
#include "apps/server/systems.hpp"
#include "fuse_schema.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace apps::server {

namespace {

using namespace std::chrono_literals;

constexpr auto access_token_lifetime = 1h;

common::EndpointOptions fuse_endpoint(SystemConfig const& config) {
    common::EndpointOptions options;
    options.max_message_bytes = 128 * 1024;
    options.keep_alive = "ping";  // of the project's frontend service, every 30 s
    options.rate = messages_rate(config);
    return options;
}

common::RestOptions fuse_rest(SystemContext const& context) {
    common::RestOptions options;
    options.error_form = [](common::RestError const& error) {
        using socketio::Json;
        auto const details = error.details.is_null() ? Json::object() : error.details;
        return Json::object({{"error", Json::object({{"code", error.code},
                                                     {"message", error.message},
                                                     {"details", details}})}});
    };
    options.cors = context.origins.cors();
    return options;
}

class FuseSystem final : public RawSystem {
public:
    explicit FuseSystem(SystemContext& context)
        : RawSystem(
              context,
              common::Envelope::nested("payload").with_timestamp().with_message_id().with_priority(
                  2),
              fuse_endpoint(context.config)),
          shard_(context.runtime.shard(0)), pace_(context.demo ? 5s : 30s), store_(context.store),
          accounts_(context.store, context.worker,
                    auth::Tokens({context.secrets, "fuse", access_token_lifetime}),
                    fuse::FuseStore::account_rules(), common::wall_clock_ms),
          limits_({.logins = logins_per_minute(context.config)}), rest_(fuse_rest(context)),
          hub_(endpoint(), rules(context), accounts_, store_, common::wall_clock_ms,
               context.secrets.front()) {
        fuse::events(endpoint(), hub_);
        rest_.before(common::refuse_foreign_changes(context.origins));
        limits_.add_to(rest_);
        fuse::routes(rest_, hub_, accounts_);
        mount_endpoint("/api/ws");
        rest_.mount(routes());
        shard_.post([this] { beat(); });
    }

    void close() override {
        hub_.tell_health("stopping");
        RawSystem::close();
    }

    void drain(engineio::net::DrainOptions const& options, std::function<void()> told) override {
        hub_.tell_health("stopping");
        RawSystem::drain(options, std::move(told));
    }

    std::string hint() const override {
        return "Log in as two people, meet in a room, share tasks.";
    }

private:
    // Before the rules load what there is.
    fuse::Fuse rules(SystemContext& context) {
        if (context.demo) {
            fuse::FuseStore::add_demo_people(context.store.database(), common::wall_clock_ms());
        }
        return fuse::Fuse(store_, common::wall_clock_ms, common::random_uuid);
    }

    void beat() {
        hub_.tell_health(hub_.health_status());
        timer_ = shard_.timers().after(pace_, [this] { beat(); });
    }

    engineio::net::Shard& shard_;
    std::chrono::seconds pace_;
    engineio::net::OneShot timer_;
    fuse::FuseStore store_;
    auth::Accounts accounts_;
    common::RestLimits limits_;
    common::Rest rest_;
    fuse::Hub hub_;
};

}  // namespace

SystemKind fuse_system() {
    SystemInfo info{.name = "fuse", .title = "The New Fuse", .port = 3711, .needs_secrets = true};
    info.extras = {messages_setting("Messages", 120), logins_setting()};
    return {std::move(info), &fuse::schema,
            [](SystemContext& context) { return std::make_unique<FuseSystem>(context); }};
}

}  // namespace apps::server
