#pragma once

#include "apps/server/config.hpp"
#include "apps/server/index_page.hpp"
#include "apps/server/metrics_page.hpp"
#include "apps/server/system.hpp"
#include "apps/store/store_thread.hpp"
#include "socketio/server.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace apps::server {

/// Where the program's own files are, if the configuration does not say.
struct Folders {
    std::string client;  ///< socket.io.js and its kin; empty if not found
    std::string web;     ///< our small pages, a folder for each system; empty if not found
};

/// The configured folders, or the first existing ones of those known from the source tree and an
/// installed tree, seen from the executable.
Folders find_folders(ServerConfig const& config, std::filesystem::path const& executable);

/// All systems of one process: constructed here, explicitly, and nowhere else. Each served system
/// has a listener of its own; threads and database are shared. Owned by main.
class Hubbub {
public:
    /// Opens the database, brings it up to date and makes the systems. `config` has
    /// passed check(). Throws ConfigError or StoreError in words for the operator.
    Hubbub(Config const& config, Folders folders);
    ~Hubbub();
    Hubbub(Hubbub const&) = delete;
    Hubbub& operator=(Hubbub const&) = delete;

    /// Opens the listeners, for several systems that of the page that links them, too, and that of
    /// the metrics. Throws std::system_error naming the address if one is taken.
    void listen();

    /// Serves until SIGINT or SIGTERM, which drains (a second one ends at once), or close().
    void run();

    /// Sends all clients away in batches and lets run() return when that is done. Once. Any thread.
    void drain();
    /// Ends all connections and lets run() return. Any thread.
    void close();

    /// What to tell the person who started the program: addresses and what to try.
    std::string greeting() const;

private:
    struct Listener {
        SystemConfig config;
        std::unique_ptr<System> system;
        std::uint16_t port = 0;
    };

    std::unique_ptr<System> make(SystemKind const& kind, SystemConfig const& config);
    socketio::ServerOptions options_for(SystemConfig const& system,
                                        common::Origins const& origins) const;
    common::StaticSite site_for(SystemConfig const& system) const;
    common::StaticSite own_page(std::string const& name) const;
    void listen_for_index();
    void listen_for_metrics();

    ServerConfig config_;
    socketio::ServerOptions options_;  // what all systems have in common
    Folders folders_;
    socketio::Runtime runtime_;
    store::StoreThread store_;
    common::Worker worker_;
    std::vector<Listener> listeners_;
    std::unique_ptr<IndexPage> index_;  // if there are several
    std::uint16_t index_port_ = 0;
    std::unique_ptr<MetricsPage> metrics_;  // if it is wanted
    std::uint16_t metrics_port_ = 0;
    bool draining_ = false;  // shard 0 only
};

}  // namespace apps::server
