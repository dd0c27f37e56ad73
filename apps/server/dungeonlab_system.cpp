#include "apps/auth/password.hpp"
#include "apps/common/rest_limits.hpp"
#include "apps/dungeonlab/accounts.hpp"
#include "apps/dungeonlab/campaigns.hpp"
#include "apps/dungeonlab/demo_data.hpp"
#include "apps/dungeonlab/events.hpp"
#include "apps/dungeonlab/rest_side.hpp"
#include "apps/server/rates.hpp"
#include "apps/server/systems.hpp"
#include "dungeonlab_schema.hpp"

#include <chrono>

namespace apps::server {

namespace {

using socketio::Admission;
using socketio::Task;

dungeonlab::Game::Means means(socketio::Namespace& nsp, SystemContext const& context) {
    dungeonlab::Game::Means means{nsp, context.store};
    means.messages = messages_rate(context.config);
    return means;
}

class DungeonLabSystem final : public SocketIoSystem {
public:
    explicit DungeonLabSystem(SystemContext& context)
        : SocketIoSystem(context), game_(means(io().sockets(), context)),
          accounts_({context.store, context.worker, context.secrets}),
          parts_(game_, std::chrono::milliseconds(context.config.extra<int>("action_timeout_ms"))),
          rest_side_(game_, accounts_, parts_.sessions),
          limits_({.logins = logins_per_minute(context.config)}),
          rest_(dungeonlab::rest_options(context.options.cors)) {
        load(context);
        accounts_.on_logout([this](std::string const& login) { game_.login_ended(login); });
        auto& nsp = io().sockets();
        nsp.use([this](socketio::Socket& socket) { return admit(socket); });
        dungeonlab::seed_events(nsp, parts_);
        dungeonlab::camel_events(nsp, parts_);
        dungeonlab::current_events(nsp, parts_);
        dungeonlab::shared_events(nsp, parts_);
        dungeonlab::add_routes(rest_, rest_side_, accounts_);
        rest_.before(common::refuse_foreign_changes(context.origins));
        limits_.add_to(rest_);
        rest_.mount(routes());
    }

    std::string hint() const override {
        return "Log in as two people in two windows, join Table One, chat and drag a token.";
    }

private:
    void load(SystemContext& context) {
        auto& database = context.store.database();
        if (context.demo) {
            dungeonlab::add_demo_data(database, auth::hash_password("hubbub-demo"), game_.now());
        }
        game_.directory([&](dungeonlab::Directory& directory) {
            dungeonlab::campaigns::load(database, directory);
        });
    }

    Task<Admission> admit(socketio::Socket& socket) {
        std::string const cookies(socket.handshake().header("cookie"));
        auto const user = co_await accounts_.of_cookies(cookies);
        if (!user) {
            co_return socketio::ConnectError{"Authentication required", std::nullopt};
        }
        game_.admit(socket, *user, accounts_.login_of(cookies).value_or(std::string()));
        co_return Admission();
    }

    dungeonlab::Game game_;
    dungeonlab::Accounts accounts_;
    dungeonlab::Parts parts_;
    dungeonlab::RestSide rest_side_;
    common::RestLimits limits_;
    common::Rest rest_;
};

}  // namespace

SystemKind dungeonlab_system() {
    SystemInfo info{
        .name = "dungeonlab", .title = "DungeonLab", .port = 3000, .needs_secrets = true};
    info.extras = {{.key = "action_timeout_ms",
                    .help = "Milliseconds a game master's client has to decide an action",
                    .value = 30'000,
                    .low = 10,
                    .high = 3'600'000},
                   messages_setting("Events", 600),
                   logins_setting()};
    return {std::move(info), &dungeonlab::schema,
            [](SystemContext& context) { return std::make_unique<DungeonLabSystem>(context); }};
}

}  // namespace apps::server
