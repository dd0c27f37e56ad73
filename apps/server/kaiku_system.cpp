#include "apps/common/rest_limits.hpp"
#include "apps/kaiku/hub.hpp"
#include "apps/server/rates.hpp"
#include "apps/server/raw_system.hpp"
#include "apps/server/systems.hpp"
#include "kaiku_schema.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace apps::server {

namespace {

using namespace std::chrono_literals;

constexpr auto kaiku_token_lifetime = 15min;

common::EndpointOptions kaiku_endpoint(SystemConfig const& config) {
    common::EndpointOptions options;
    options.max_message_bytes = 256 * 1024;
    options.rate = messages_rate(config);
    return options;
}

common::RestOptions kaiku_rest(SystemContext const& context) {
    common::RestOptions options;
    options.prefixes = {"/api/", "/auth/"};
    options.error_form = [](common::RestError const& error) {
        auto form = socketio::Json::object({{"error", error.code}, {"message", error.message}});
        if (error.details.contains("retry_after")) {
            form.set("retry_after", error.details["retry_after"]);
        }
        return form;
    };
    options.cors = context.origins.cors();
    return options;
}

// Says also in the body when to come again, as this system's clients read it there.
common::RestError rate_limited(std::int64_t seconds) {
    return {429, "RATE_LIMITED", "Too many requests",
            socketio::Json::object({{"retry_after", seconds}})};
}

class KaikuSystem final : public RawSystem {
public:
    explicit KaikuSystem(SystemContext& context)
        : RawSystem(context, common::Envelope::flat().with_id("id"),
                    kaiku_endpoint(context.config)),
          limits_({.logins = logins_per_minute(context.config),
                   .login_paths = {"/auth/login", "/auth/register"},
                   .refusal = rate_limited}),
          store_(prepared(context)),
          accounts_(context.store, context.worker,
                    auth::Tokens({context.secrets, "kaiku", kaiku_token_lifetime}),
                    kaiku::KaikuStore::account_rules(kaiku_token_lifetime), common::wall_clock_ms),
          rest_(kaiku_rest(context)),
          hub_(endpoint(), accounts_, store_, common::wall_clock_ms,
               context.demo ? common::Rate{60, 60s} : common::Rate{20, 60s}) {
        kaiku::events(endpoint(), hub_);
        rest_.before(common::refuse_foreign_changes(context.origins));
        limits_.add_to(rest_);
        kaiku::routes(rest_, hub_, accounts_);
        mount_endpoint("/ws");
        rest_.mount(routes());
    }

    std::string hint() const override {
        return "Log in as two people, write in #general, meet in the lounge.";
    }

private:
    // Before the rules load what there is.
    static store::StoreThread& prepared(SystemContext& context) {
        if (context.demo) {
            kaiku::KaikuStore::add_demo_data(context.store.database(), common::wall_clock_ms());
        }
        return context.store;
    }

    common::RestLimits limits_;
    kaiku::KaikuStore store_;
    auth::Accounts accounts_;
    common::Rest rest_;
    kaiku::Hub hub_;
};

}  // namespace

SystemKind kaiku_system() {
    SystemInfo info{.name = "kaiku", .title = "Kaiku", .port = 8080, .needs_secrets = true};
    info.extras = {messages_setting("Messages", 120), logins_setting()};
    return {std::move(info), &kaiku::schema,
            [](SystemContext& context) { return std::make_unique<KaikuSystem>(context); }};
}

}  // namespace apps::server
