#pragma once

#include "apps/common/static_site.hpp"
#include "apps/dungeonlab/game.hpp"
#include "apps/eliza/lounge.hpp"
#include "apps/server/config.hpp"
#include "engineio/net/router.hpp"
#include "socketio/socketio.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace apps::server {

/// Where the program's own files are, if the configuration does not say.
struct Folders {
    std::string client;  ///< socket.io.js and its kin; empty if not found
    std::string web;     ///< the demo page; empty if not found
};

/// The configured folders, or the first existing ones of those known from the source tree and an
/// installed tree, seen from the executable.
Folders find_folders(ServerConfig const& config, std::filesystem::path const& executable);

/// All systems of one process: constructed here, explicitly, and nowhere else. Each enabled
/// profile is a listener of its own; threads are shared. Owned by main.
class Hubbub {
public:
    Hubbub(Config const& config, Folders folders);
    ~Hubbub();
    Hubbub(Hubbub const&) = delete;
    Hubbub& operator=(Hubbub const&) = delete;

    /// Opens the listeners. Throws std::system_error naming the address if one is taken.
    void listen();

    /// Serves until SIGINT, SIGTERM or close().
    void run();

    /// Ends all connections and lets run() return. Any thread.
    void close();

    /// What to tell the person who started the program: addresses and what to try.
    std::string greeting() const;

private:
    struct DungeonLabProfile {
        socketio::Server io;
        dungeonlab::Game game;
        engineio::net::Router routes = {};  // what is neither Socket.IO nor its client files
        std::uint16_t port = 0;
        DungeonLabProfile(socketio::Runtime& runtime, socketio::ServerOptions options);
    };
    struct ElizaProfile {
        socketio::Server io;
        eliza::Lounge lounge;
        engineio::net::Router routes = {};
        std::uint16_t port = 0;
        ElizaProfile(socketio::Runtime& runtime, socketio::ServerOptions options);
    };

    socketio::ServerOptions options_for(ProfileConfig const& profile) const;

    ServerConfig config_;
    Folders folders_;
    common::StaticSite site_;  // outlives the servers below, whose handlers look into it
    socketio::Runtime runtime_;
    std::unique_ptr<DungeonLabProfile> dungeonlab_;
    std::unique_ptr<ElizaProfile> eliza_;
};

}  // namespace apps::server
