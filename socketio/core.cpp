#include "socketio/core.hpp"

#include "engineio/cors.hpp"
#include "engineio/handshake_check.hpp"
#include "engineio/net/drain.hpp"
#include "engineio/net/log.hpp"
#include "engineio/net/result.hpp"
#include "engineio/net/text.hpp"
#include "engineio/unclaimed_upgrades.hpp"
#include "socketio/client.hpp"
#include "socketio/guard.hpp"
#include "socketio/recovery.hpp"
#include "socketio/room_census.hpp"
#include "socketio/task.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace socketio {

using engineio::net::Shard;

engineio::Options engine_options(ServerOptions const& options) {
    engineio::Options engine;
    engine.path = options.path;
    engine.add_trailing_slash = options.add_trailing_slash;
    engine.transports = options.transports;
    engine.allow_upgrades = options.allow_upgrades;
    engine.ping_interval = options.ping_interval;
    engine.ping_timeout = options.ping_timeout;
    engine.upgrade_timeout = options.upgrade_timeout;
    engine.max_http_buffer_size = options.max_http_buffer_size;
    engine.allow_request = options.allow_request;
    engine.generate_id = options.generate_id;
    engine.cors = options.cors;
    engine.allowed_origins = options.allowed_origins;
    engine.cookie = options.cookie;
    engine.http_compression = options.http_compression;
    engine.per_message_deflate = options.per_message_deflate;
    engine.initial_packet = options.initial_packet;
    engine.allow_eio3 = options.allow_eio3;
    engine.destroy_upgrade = options.destroy_upgrade;
    engine.destroy_upgrade_timeout = options.destroy_upgrade_timeout;
    engine.initial_headers = options.initial_headers;
    engine.headers = options.headers;
    engine.connection_error = options.connection_error;
    engine.limits = options.limits.session;
    return engine;
}

namespace {

std::shared_ptr<RecoveryBudget> budget_of(std::optional<RecoveryOptions> const& recovery) {
    return recovery ? std::make_shared<RecoveryBudget>(RecoveryBudget::Bounds{
                          recovery->max_packets, recovery->max_bytes, recovery->max_sessions})
                    : nullptr;
}

std::string without_trailing_slash(std::string path) {
    if (path.ends_with('/')) {
        path.pop_back();
    }
    return path;
}

}  // namespace

// The order of reference-behaviour 1.1: client files, engine, application.
class Core::Entrance final : public engineio::net::HttpHandler {
public:
    Entrance(Core& core, Shard& shard)
        : core_(core), shard_(shard),
          engine_(shard, core.shard_count(), core.engine_,
                  [&core](engineio::Session& session) {
                      auto client = std::make_unique<Client>(core, session);
                      client->begin();
                      return client;
                  }),
          unclaimed_(shard, core.engine_.options()) {}

    void on_request(Request request, Responder responder) override {
        // An application's hook that throws costs its own request: the dropped responder cuts it.
        guarded(shard_, "HTTP request", [&] { route(std::move(request), std::move(responder)); });
    }

    engineio::Engine& engine() { return engine_; }

    void drain(engineio::net::DrainOptions const& options, std::function<void()> told) {
        drainer_ = std::make_unique<engineio::net::Drainer>(
            shard_, options, [this] { engine_.refuse_new(); },
            [this, patience = options.goodbye](std::size_t most) {
                return close_some(most, patience);
            },
            std::move(told));
    }

private:
    // Who polls hears of it in the next poll only, for which we wait.
    std::size_t close_some(std::size_t most, std::chrono::milliseconds patience) {
        auto const left = core_.close_some(shard_.index(), most);
        if (left != 0 || last_told_ == Shard::TimePoint{}) {
            last_told_ = shard_.now();
        }
        if (left != 0) {
            return left;
        }
        bool const waiting = engine_.clients_count() != 0 &&
                             shard_.now() - last_told_ < engineio::net::clocked(patience);
        return waiting ? 1 : 0;
    }

    void route(Request request, Responder responder) {
        if (core_.client_files_) {
            if (auto file = core_.client_files_->serve(request)) {
                return serve_file(request, std::move(*file), std::move(responder));
            }
        }
        if (engine_.owns(request)) {
            return engine_.on_request(std::move(request), std::move(responder));
        }
        if (core_.fallback_) {
            return core_.fallback_(std::move(request), std::move(responder));
        }
        if (request.upgrade && engineio::allows_transport(core_.engine_.options(), "websocket")) {
            return unclaimed_.hold(std::move(responder), request.remote_address);
        }
        responder.respond({.status = 404, .headers = {}, .body = {}});
    }

    void serve_file(Request const& request, Response file, Responder responder) {
        if (auto const& cors = core_.engine_.options().cors) {
            engineio::net::Headers headers;
            if (auto preflight = engineio::apply_cors(cors, request, headers)) {
                return responder.respond(std::move(*preflight));
            }
            file.headers.insert(file.headers.begin(), headers.begin(), headers.end());
        }
        responder.respond(std::move(file));
    }

    Core& core_;
    Shard& shard_;
    engineio::Engine engine_;
    engineio::UnclaimedUpgrades unclaimed_;
    std::unique_ptr<engineio::net::Drainer> drainer_;
    Shard::TimePoint last_told_{};
};

Core::Core(Runtime& runtime, ServerOptions options)
    : runtime_(runtime), options_(std::move(options)), engine_(engine_options(options_)),
      recovery_budget_(budget_of(options_.connection_state_recovery)),
      first_client_(runtime.shard_count()), forgetting_(runtime.shard_count()),
      answer_bytes_(runtime.shard_count()), missed_messages_(runtime.shard_count()),
      has_send_hooks_(options_.headers || options_.initial_headers) {
    engineio::net::check_options(options_.http);
    check_limits(options_);
    if (!options_.parser) {
        options_.parser = text_parser();
    }
    if (options_.serve_client && !options_.client_dir.empty()) {
        client_files_.emplace(without_trailing_slash(options_.path), options_.client_dir);
    }
    open_recovery_file();
    runtime_.on_shard_end(destroy_spawned);
    of("/", {});
}

Core::~Core() {
    // A server torn down without close() is still known to its cluster, and still has polling
    // sessions; their clients use the lists and namespaces below.
    leave_cluster();
    answers_->close();
    entrances_.clear();
}

Server& Core::server() const {
    SIO_ASSERT(server_ != nullptr);
    return *server_;
}

void Core::on_engine_connection(std::function<void(Connection)> listener) {
    if (listening_) {
        throw std::logic_error("handlers must be registered before the server listens");
    }
    engine_connection_.push_back(std::move(listener));
}

void Core::announce_connection(Client& client) {
    for (auto const& listener : engine_connection_) {
        guarded(client.session().shard(), "engine connection",
                [&] { listener(client.connection()); });
    }
}

void Core::note_raw_handlers(HandlerTable const& table) {
    for (auto const& [name, handlers] : table.events) {
        for (auto const& handler : handlers) {
            if (handler.takes_raw()) {
                has_raw_handlers_ = true;
            }
        }
    }
}

void Core::on_http(std::function<void(Request, Responder)> handler) {
    if (listening_) {
        throw std::logic_error("handlers must be registered before the server listens");
    }
    fallback_ = std::move(handler);
}

void Core::open() {
    if (listening_.exchange(true)) {
        throw std::logic_error("the server listens already");
    }
    for (auto const& [name, nsp] : namespaces_) {
        nsp->freeze();
    }
    for (auto const& family : families_) {
        family->table_->frozen = true;
        note_raw_handlers(*family->table_);
    }
    forget_kept_recovery();
    if (auto* const cluster = adapter()) {
        cluster->open(*this);
    }
    for (unsigned i = 0; i < shard_count(); ++i) {
        entrances_.push_back(std::make_unique<Entrance>(*this, runtime_.shard(i)));
    }
}

std::uint16_t Core::listen() {
    Endpoint endpoint;
    endpoint.host = options_.host;
    endpoint.port = options_.port;
    endpoint.tls = options_.tls;
    return listen(endpoint);
}

std::uint16_t Core::listen(Endpoint const& endpoint) {
    if (!listening_) {
        open();
    }
    return runtime_.listen(
        endpoint, options_.http,
        [this](unsigned index) -> engineio::net::HttpHandler& { return entrance(index); });
}

engineio::net::HttpHandler& Core::entrance(unsigned shard) {
    return *entrances_[shard];
}

void Core::on_shards(std::function<bool(unsigned)> const& wanted,
                     std::function<void(Shard&)> const& task, std::size_t bytes) {
    auto* const current = Shard::current();
    for (unsigned i = 0; i < shard_count(); ++i) {
        Shard& shard = runtime_.shard(i);
        if (!wanted(i)) {
            continue;
        }
        if (&shard == current) {
            task(shard);
        } else {
            shard.post([task, &shard] { task(shard); }, bytes);
        }
    }
}

// On the shard that has something to be forgotten, or for another thread on the first.
void Core::forget_at(Recovery::TimePoint due, std::weak_ptr<Recovery> recovery) {
    auto* const current = Shard::current();
    bool const ours =
        current && current->index() < shard_count() && &runtime_.shard(current->index()) == current;
    on_shards([home = ours ? current->index() : 0](unsigned index) { return index == home; },
              [this, due, recovery = std::move(recovery)](Shard& shard) {
                  forget_at(due, recovery, shard);
              });
}

void Core::forget_at(Recovery::TimePoint due, std::weak_ptr<Recovery> recovery, Shard& shard) {
    auto& timers = forgetting_[shard.index()];
    timers[recovery] = shard.timers().at(due, [this, recovery, &timers, &shard] {
        timers.erase(recovery);
        auto const kept = recovery.lock();
        if (auto const next = kept ? kept->forget(shard.now()) : std::nullopt) {
            forget_at(*next, recovery, shard);
        }
    });
}

void Core::leave_cluster() {
    if (auto* const cluster = adapter(); cluster && listening_ && !closed_.exchange(true)) {
        cluster->close();
    }
}

void Core::close() {
    if (!listening_) {
        return;
    }
    leave_cluster();
    auto const closed = engineio::net::when_all(shard_count(), [this] { keep_recovery(); });
    on_shards([](unsigned) { return true; },
              [this, closed](Shard& shard) {
                  close_shard(shard);
                  closed();
              });
}

void Core::close_shard(Shard& shard) {
    // A handler may disconnect others, so the list is read anew each time.
    std::vector<Client*> clients;
    for (Client* client = first_client_[shard.index()]; client; client = client->next_) {
        clients.push_back(client);
    }
    for (Client* const client : clients) {
        client->shut_down();
    }
    entrances_[shard.index()]->engine().close();
}

void Core::drain(engineio::net::DrainOptions const& options, std::function<void()> told) {
    if (draining_.exchange(true)) {
        return;
    }
    if (!listening_) {
        return told();
    }
    auto const one_less = engineio::net::when_all(shard_count(), std::move(told));
    on_shards([](unsigned) { return true; },
              [this, options, one_less](Shard& shard) {
                  entrances_[shard.index()]->drain(options, one_less);
              });
}

// Like close_shard(), but what is queued for them goes out first. Returns about how many are left.
std::size_t Core::close_some(unsigned shard, std::size_t most) {
    std::vector<Client*> clients;
    bool more = false;
    for (Client* client = first_client_[shard]; client && !more; client = client->next_) {
        if (!client->closing() && clients.size() < most) {
            clients.push_back(client);
        } else {
            more = !client->closing();
        }
    }
    for (Client* const client : clients) {
        client->shut_down();
        client->session().close();
    }
    auto const open = entrances_[shard]->engine().clients_count();
    return more ? std::max<std::size_t>(open - std::min(open, clients.size()), 1) : 0;
}

// 15 bytes as the engine's ids: 12 unguessable ones and a counter.
std::string Core::new_socket_id() {
    auto const count = id_counter_.fetch_add(1, std::memory_order_relaxed);
    auto bytes = engineio::net::random_bytes(12);
    for (int shift : {16, 8, 0}) {
        bytes.push_back(static_cast<char>(count >> shift));
    }
    return engineio::net::base64url_encode(bytes);
}

void Core::add_client(Client& client, unsigned shard) {
    client.next_ = first_client_[shard];
    if (client.next_) {
        client.next_->previous_ = &client;
    }
    first_client_[shard] = &client;
    clients_.fetch_add(1, std::memory_order_relaxed);
}

void Core::remove_client(Client& client, unsigned shard) {
    (client.previous_ ? client.previous_->next_ : first_client_[shard]) = client.next_;
    if (client.next_) {
        client.next_->previous_ = client.previous_;
    }
    clients_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace socketio
