#include "apps/dungeonlab/game.hpp"
#include "apps/server/systems.hpp"
#include "dungeonlab_schema.hpp"

namespace apps::server {

namespace {

// Every session is open to everybody until logins exist.
bool open_access(dungeonlab::User const& user, std::string_view session) {
    return !user.id.empty() && !session.empty();
}

class DungeonLabSystem final : public SocketIoSystem {
public:
    explicit DungeonLabSystem(SystemContext& context)
        : SocketIoSystem(context), game_(io().sockets(), dungeonlab::demo_identity, open_access) {
        dungeonlab::seed_events(io().sockets(), game_);
    }

    std::string hint() const override {
        return "Open it in two tabs, join the same session, chat and drag a token.";
    }

private:
    dungeonlab::Game game_;
};

}  // namespace

SystemKind dungeonlab_system() {
    return {{.name = "dungeonlab", .title = "DungeonLab", .port = 3000, .needs_secrets = true},
            &dungeonlab::schema,
            [](SystemContext& context) { return std::make_unique<DungeonLabSystem>(context); }};
}

}  // namespace apps::server
