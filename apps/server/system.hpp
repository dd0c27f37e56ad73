#pragma once

#include "apps/common/origins.hpp"
#include "apps/common/static_site.hpp"
#include "apps/common/worker.hpp"
#include "apps/server/config.hpp"
#include "apps/store/migrations.hpp"
#include "apps/store/store_thread.hpp"
#include "engineio/net/drain.hpp"
#include "engineio/net/router.hpp"
#include "socketio/server.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace apps::server {

/// What a system is made of. The runtime and the store outlive it.
struct SystemContext {
    socketio::Runtime& runtime;
    store::StoreThread& store;  ///< not started yet: the system may load from its database()
    common::Worker& worker;     ///< for hashing passwords
    SystemConfig config;
    bool demo = false;
    std::vector<std::string> secrets;  ///< the first signs; never empty if the system needs one
    common::Origins origins;
    common::StaticSite site;          ///< frontend, or our page; may be empty
    socketio::ServerOptions options;  ///< port, TLS, limits, CORS as configured
};

/// One system on one listener. Made by its SystemKind, owned by Hubbub.
class System {
public:
    virtual ~System() = default;

    /// Where requests of the listener go; it is told the endpoint by Hubbub. Returns the port.
    virtual std::uint16_t listen(socketio::Endpoint const& endpoint) = 0;
    /// Ends all connections. Any thread.
    virtual void close() = 0;
    /// Refuses new ones and ends those there are in batches; `told` is called once, on a shard,
    /// when all were told. Any thread.
    virtual void drain(engineio::net::DrainOptions const& options, std::function<void()> told) = 0;
    /// One line for the person who started the program: what to try.
    virtual std::string hint() const = 0;
};

/// How to make one: the whole registration of a system (systems.cpp lists them).
struct SystemKind {
    SystemInfo info;
    /// Its schema, brought up to date before `make`; null if it keeps nothing.
    store::Migrations const* schema = nullptr;
    std::function<std::unique_ptr<System>(SystemContext&)> make;
};

/// All systems of this program.
std::vector<SystemKind> const& system_kinds();

/// What /health tells: 503 while draining, so that load balancers send nobody here any more.
struct Health {
    std::size_t connections = 0;
    bool draining = false;
};

/// Adds what every listener has at the end of its routes: /health, then the site.
void add_pages(engineio::net::Router& routes, common::StaticSite const& site,
               SystemConfig const& config, std::function<Health()> health);

/// A system whose socket is Socket.IO. The derived class registers events on `io()` and adds
/// routes of its own (Rest::mount) in its constructor.
class SocketIoSystem : public System {
public:
    /// Takes the site out of the context.
    explicit SocketIoSystem(SystemContext& context);

    std::uint16_t listen(socketio::Endpoint const& endpoint) override;
    void close() override { io_.close(); }
    void drain(engineio::net::DrainOptions const& options, std::function<void()> told) override {
        io_.drain(options, std::move(told));
    }

protected:
    socketio::Server& io() { return io_; }
    engineio::net::Router& routes() { return routes_; }

private:
    SystemConfig config_;
    common::StaticSite site_;
    engineio::net::Router routes_;
    socketio::Server io_;
    bool listening_ = false;
};

}  // namespace apps::server
