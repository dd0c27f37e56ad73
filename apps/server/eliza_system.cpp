#include "apps/eliza/doctor.hpp"
#include "apps/eliza/lounge.hpp"
#include "apps/server/systems.hpp"

#include <utility>

namespace apps::server {

namespace {

std::vector<std::unique_ptr<eliza::Agent>> staff() {
    std::vector<std::unique_ptr<eliza::Agent>> agents;
    agents.push_back(std::make_unique<eliza::DoctorAgent>());
    return agents;
}

class ElizaSystem final : public SocketIoSystem {
public:
    explicit ElizaSystem(SystemContext& context)
        : SocketIoSystem(context), lounge_(io().sockets(), staff()) {
        eliza::lounge_events(io().sockets(), lounge_);
    }

    std::string hint() const override { return "Connect a Socket.IO client, emit \"message\"."; }

private:
    eliza::Lounge lounge_;
};

}  // namespace

SystemKind eliza_system() {
    return {{.name = "eliza", .title = "ElizaOS", .port = 3001},
            nullptr,
            [](SystemContext& context) { return std::make_unique<ElizaSystem>(context); }};
}

}  // namespace apps::server
