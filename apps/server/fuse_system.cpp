#include "apps/common/rate_limit.hpp"
#include "apps/common/synchronized.hpp"
#include "apps/fuse/hub.hpp"
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

common::EndpointOptions endpoint_options(bool demo) {
    common::EndpointOptions options;
    options.max_message_bytes = 128 * 1024;
    options.rate = demo ? common::Rate{120, 10s} : common::Rate{100, 60s};
    return options;
}

common::RestOptions rest_options(SystemContext const& context) {
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

// How often one address may do what, by the kind of request.
class RequestLimits {
public:
    explicit RequestLimits(bool demo)
        : logins_(common::Rate{demo ? 120.0 : 20.0, 60s}),
          writes_(common::Rate{demo ? 600.0 : 300.0, 60s}),
          reads_(common::Rate{demo ? 2000.0 : 1000.0, 60s}) {}

    std::optional<common::Reply> operator()(common::RestCall const& call) {
        auto const& request = call.request;
        bool const login = request.path().starts_with("/api/auth/");
        bool const read = request.method == "GET" || request.method == "HEAD";
        auto& limiter = login ? logins_ : read ? reads_ : writes_;
        return limiter.with([&](common::RateLimiter& limit) { return check(limit, request); });
    }

private:
    static std::optional<common::Reply> check(common::RateLimiter& limit,
                                              engineio::net::Request const& request) {
        auto const now = std::chrono::steady_clock::now();
        auto const& who = request.remote_address;
        if (limit.take(who, now)) {
            return std::nullopt;
        }
        auto const wait = std::chrono::ceil<std::chrono::seconds>(limit.wait(who, now));
        auto const seconds = std::to_string(wait.count());
        common::Reply reply(common::RestError(429, "RATE_LIMIT_EXCEEDED", "Too many requests"));
        reply.header("Retry-After", seconds);
        reply.header("X-RateLimit-Limit", std::to_string(static_cast<int>(limit.rate().count)));
        reply.header("X-RateLimit-Remaining", "0");
        reply.header("X-RateLimit-Reset", seconds);
        return reply;
    }

    common::Synchronized<common::RateLimiter> logins_, writes_, reads_;
};

class FuseSystem final : public RawSystem {
public:
    explicit FuseSystem(SystemContext& context)
        : RawSystem(
              context,
              common::Envelope::nested("payload").with_timestamp().with_message_id().with_priority(
                  2),
              endpoint_options(context.demo)),
          shard_(context.runtime.shard(0)), pace_(context.demo ? 5s : 30s),
          limits_(std::make_shared<RequestLimits>(context.demo)), store_(context.store),
          accounts_(context.store, context.worker,
                    auth::Tokens(context.secrets, access_token_lifetime), common::wall_clock_ms,
                    context.options.tls.has_value()),
          rest_(rest_options(context)),
          hub_(endpoint(), rules(context), accounts_, store_, common::wall_clock_ms) {
        fuse::events(endpoint(), hub_);
        rest_.before([limits = limits_](common::RestCall const& call) { return (*limits)(call); });
        fuse::routes(rest_, hub_, accounts_);
        mount_endpoint("/api/ws");
        rest_.mount(routes());
        shard_.post([this] { beat(); });
    }

    void close() override {
        hub_.tell_health("stopping");
        RawSystem::close();
    }

    std::string hint() const override {
        return "Log in as two people, meet in a room, share tasks.";
    }

private:
    // Before the rules load what there is.
    fuse::Fuse rules(SystemContext& context) {
        if (context.demo) {
            fuse::Accounts::add_demo_people(context.store.database(), common::wall_clock_ms());
        }
        return fuse::Fuse(store_, common::wall_clock_ms, common::random_uuid);
    }

    void beat() {
        hub_.tell_health("healthy");
        timer_ = shard_.timers().after(pace_, [this] { beat(); });
    }

    engineio::net::Shard& shard_;
    std::chrono::seconds pace_;
    engineio::net::OneShot timer_;
    std::shared_ptr<RequestLimits> limits_;
    fuse::FuseStore store_;
    fuse::Accounts accounts_;
    common::Rest rest_;
    fuse::Hub hub_;
};

}  // namespace

SystemKind fuse_system() {
    return {{.name = "fuse", .title = "The New Fuse", .port = 3711, .needs_secrets = true},
            &fuse::schema,
            [](SystemContext& context) { return std::make_unique<FuseSystem>(context); }};
}

}  // namespace apps::server
