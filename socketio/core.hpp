#pragma once

#include "engineio/engine.hpp"
#include "engineio/engine_group.hpp"
#include "engineio/net/http_server.hpp"
#include "engineio/net/shard.hpp"
#include "socketio/client_files.hpp"
#include "socketio/namespace.hpp"
#include "socketio/parser.hpp"
#include "socketio/server.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

class Client;

/// What the parts of one server share. Owned by the Server; the shards' parts are used on their
/// shards only, the rest is fixed at listen() or guarded.
class Core {
public:
    Core(Runtime& runtime, ServerOptions options);
    ~Core();
    Core(Core const&) = delete;
    Core& operator=(Core const&) = delete;

    Runtime& runtime() { return runtime_; }
    ServerOptions const& options() const { return options_; }
    Parser const& parser() const { return *options_.parser; }
    engineio::EngineGroup& engine() { return engine_; }
    unsigned shard_count() const { return runtime_.shard_count(); }

    Namespace& of(std::string_view name);
    HandlerRegistry& of_matching(std::function<bool(std::string const&, Json const&)> admit);
    /// The namespace a client asks for: an existing one, or a child of the first family that
    /// admits it, or null.
    Namespace* resolve(std::string const& name, Json const& auth);

    void on_http(std::function<void(Request, Responder)> handler);
    /// Fixes the handlers and makes the shards' entrances: listen() without the listening.
    void open();
    std::uint16_t listen();
    std::uint16_t listen(Endpoint const& endpoint);
    void close();
    std::size_t clients_count() const { return clients_.load(std::memory_order_relaxed); }
    bool listening() const { return listening_; }

    /// Runs `task(shard)` on every shard for which `wanted(index)` is true: at once on the calling
    /// one, posted to the others. Any thread.
    void on_shards(std::function<bool(unsigned)> const& wanted,
                   std::function<void(engineio::net::Shard&)> const& task);

    /// A new socket id; unrelated to the engine's.
    std::string new_socket_id();

    void add_client(Client& client, unsigned shard);
    void remove_client(Client& client, unsigned shard);

private:
    class Entrance;  // one shard's HttpHandler: client files, engine, application
    class Family;    // handlers of dynamic namespaces

    void close_shard(engineio::net::Shard& shard);

    Runtime& runtime_;
    ServerOptions options_;
    engineio::EngineGroup engine_;  // outlives the entrances
    std::optional<ClientFiles> client_files_;
    std::function<void(Request, Responder)> fallback_;
    std::vector<std::unique_ptr<Entrance>> entrances_;
    std::vector<Client*> first_client_;  // per shard, a list through the clients
    std::atomic<std::size_t> clients_{0};
    std::atomic<std::uint32_t> id_counter_{0};
    std::atomic<bool> listening_{false};
    std::mutex namespaces_mutex_;  // guards namespaces_: dynamic ones are made at run time
    std::map<std::string, std::unique_ptr<Namespace>, std::less<>> namespaces_;
    std::vector<std::unique_ptr<Family>> families_;
};

}  // namespace socketio
