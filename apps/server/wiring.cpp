#include "apps/server/wiring.hpp"

#include "apps/server/demo_mark.hpp"
#include "apps/server/server_options.hpp"
#include "engineio/net/drain.hpp"
#include "engineio/net/log.hpp"
#include "socketio/task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace apps::server {

namespace {

namespace fs = std::filesystem;

std::string first_folder(fs::path const& base, std::initializer_list<char const*> candidates,
                         char const* wanted_file) {
    for (auto const* candidate : candidates) {
        auto const folder = (base / candidate).lexically_normal();
        std::error_code ignored;  // an unreadable candidate is simply not the one
        if (fs::exists(folder / wanted_file, ignored)) {
            return folder.string();
        }
    }
    return {};
}

std::vector<std::string> hosts_of(ServerConfig const& config) {
    return common::list_items(config.host);  // check() has seen one
}

std::string url(std::string const& host, bool encrypted, std::uint16_t port) {
    if (host.starts_with("unix:")) {
        return host;
    }
    bool const any = host == "0.0.0.0" || host == "::" || host == "127.0.0.1";
    bool const v6 = host.find(':') != std::string::npos && host.front() != '[';
    return (encrypted ? "https://" : "http://") +
           (any  ? std::string("localhost")
            : v6 ? "[" + host + "]"
                 : host) +
           ":" + std::to_string(port);
}

std::string url(ServerConfig const& config, std::uint16_t port) {
    return url(hosts_of(config).front(), !config.tls_cert.empty(), port);
}

// On each host, with the port of the first if any free one will do. Returns that.
template <class Listen>
std::uint16_t listen_on_all(ServerConfig const& server,
                            std::optional<socketio::TlsOptions> const& tls, int wanted_port,
                            Listen listen) {
    socketio::Endpoint endpoint;
    endpoint.port = static_cast<std::uint16_t>(wanted_port);
    endpoint.tls = tls;
    for (auto const& host : hosts_of(server)) {
        endpoint.host = host;
        auto const port = listen(endpoint);
        endpoint.port = endpoint.port != 0 ? endpoint.port : port;
    }
    return endpoint.port;
}

}  // namespace

Folders find_folders(ServerConfig const& config, fs::path const& executable) {
    auto const base = executable.parent_path();
    Folders folders{config.client_dir, config.web_dir};
    if (folders.client.empty()) {
        folders.client =
            first_folder(base,
                         {"client", "../client", "../../client", "../share/hubbub/client",
                          "../apps/client/node_modules/socket.io-client/dist",
                          "../../apps/client/node_modules/socket.io-client/dist"},
                         "socket.io.js");
    }
    if (folders.web.empty()) {
        folders.web = first_folder(base,
                                   {"web", "../web", "../apps/web", "../../apps/web",
                                    "../../../apps/web", "../share/hubbub/web"},
                                   "dungeonlab/index.html");
    }
    return folders;
}

Hubbub::Hubbub(Config const& config, Folders folders)
    : config_(config.server), options_(server_options(config)), folders_(std::move(folders)),
      runtime_(static_cast<unsigned>(config.server.threads)), store_(config.database()) {
    runtime_.on_shard_end(socketio::destroy_spawned);  // REST's, where no system is Socket.IO
    check_demo_mark(store_.database(), config_.demo);
    for (auto const& kind : system_kinds()) {
        for (auto const& system : config.systems) {
            if (system.info.name == kind.info.name && config.serves(system)) {
                listeners_.push_back({system, make(kind, system), 0});
            }
        }
    }
    store_.start();
}

// No shard may run any more when the systems, whose handlers it would call, go away; and what they
// left to be written comes before the end of what it refers to.
Hubbub::~Hubbub() {
    runtime_.stop();
    runtime_.join();
    store_.stop();
}

std::unique_ptr<System> Hubbub::make(SystemKind const& kind, SystemConfig const& config) {
    auto& database = store_.database();
    if (kind.schema != nullptr) {
        store::migrate(database, *kind.schema);
    }
    auto secrets = common::list_items(config.secrets);
    if (secrets.empty() && config_.demo && config.info.needs_secrets) {
        secrets.push_back(demo_secret(database, config.info.name));
    }
    common::Origins const origins(config.origins, config_.demo);
    SystemContext context{runtime_, store_,           worker_,
                          config,   config_.demo,     std::move(secrets),
                          origins,  site_for(config), options_for(config, origins)};
    return kind.make(context);
}

common::StaticSite Hubbub::site_for(SystemConfig const& system) const {
    if (!system.frontend.empty()) {
        if (!fs::is_directory(system.frontend)) {
            throw ConfigError(system.info.name + ".frontend: there is no folder " +
                              system.frontend);
        }
        return common::StaticSite(system.frontend, true);
    }
    return own_page(system.info.name);
}

common::StaticSite Hubbub::own_page(std::string const& name) const {
    auto const folder = fs::path(folders_.web) / name;
    std::error_code ignored;  // no page of ours
    return fs::is_directory(folder, ignored) ? common::StaticSite(folder) : common::StaticSite();
}

socketio::ServerOptions Hubbub::options_for(SystemConfig const& system,
                                            common::Origins const& origins) const {
    auto options = options_;
    options.port = static_cast<std::uint16_t>(system.port);
    options.client_dir = folders_.client;
    // Browsers send cookies along with a WebSocket from any page, so foreign pages are refused.
    options.allowed_origins = socketio::CorsOptions::Predicate(
        [origins](std::string const& origin) { return origins.allows(origin); });
    if (!system.origins.empty() || config_.demo) {
        options.cors = origins.cors();
    }
    return options;
}

void Hubbub::listen() {
    for (auto& listener : listeners_) {
        auto const listen = [&](auto const& where) { return listener.system->listen(where); };
        listener.port = listen_on_all(config_, options_.tls, listener.config.port, listen);
    }
    if (listeners_.size() > 1) {
        listen_for_index();
    }
    if (config_.metrics_port >= 0) {
        listen_for_metrics();
    }
}

void Hubbub::listen_for_metrics() {
    metrics_ = std::make_unique<MetricsPage>(runtime_);
    socketio::Endpoint endpoint;
    endpoint.host = config_.metrics_host;
    endpoint.port = static_cast<std::uint16_t>(config_.metrics_port);
    metrics_port_ =
        runtime_.listen(endpoint, options_.http,
                        [this](unsigned) -> engineio::net::HttpHandler& { return *metrics_; });
}

void Hubbub::listen_for_index() {
    std::vector<IndexPage::Link> links;
    for (auto const& [config, system, port] : listeners_) {
        links.push_back({config.info.name, config.info.title, system->hint(), port});
    }
    index_ = std::make_unique<IndexPage>(own_page("index"), links);
    index_port_ = listen_on_all(config_, options_.tls, config_.index_port, [&](auto const& where) {
        return runtime_.listen(where, options_.http,
                               [this](unsigned) -> engineio::net::HttpHandler& { return *index_; });
    });
}

void Hubbub::run() {
    runtime_.on_termination([this] {
        if (!std::exchange(draining_, true)) {
            return drain();
        }
        store_.hurry();
        close();
    });
    if (!config_.tls_cert.empty()) {  // else a lost terminal ends us, as it should
        runtime_.on_hangup([this] {
            if (auto const reloaded = runtime_.reload_certificates(); !reloaded) {
                engineio::net::log_error("server", "certificates not reloaded: {}",
                                         reloaded.error());
            }
        });
    }
    runtime_.run();
}

void Hubbub::drain() {
    engineio::net::DrainOptions options;
    options.batch = static_cast<std::size_t>(config_.drain_batch);
    options.notice = std::chrono::milliseconds(config_.drain_notice_ms);
    options.deadline = std::chrono::milliseconds(config_.drain_deadline_ms);
    auto const until = engineio::net::later(engineio::net::Clock::now(), options.deadline);
    engineio::net::log_info("server", "draining, for at most {} ms", config_.drain_deadline_ms);
    auto const one_less =
        engineio::net::when_all(listeners_.size(), [this, until, patience = options.goodbye] {
            // Not before: who polls needed a way to what was left for it.
            runtime_.wind_down(until, patience, [this] { close(); });
        });
    for (auto& listener : listeners_) {
        listener.system->drain(options, one_less);
    }
}

void Hubbub::close() {
    runtime_.stop_listening();
    for (auto& listener : listeners_) {
        listener.system->close();
    }
    runtime_.stop();
}

std::string Hubbub::greeting() const {
    std::string text =
        "Hubbub is running on " + std::to_string(runtime_.shard_count()) + " thread(s).\n";
    if (index_) {
        text += fmt::format("\n  {:<14} {}\n", "All systems", url(config_, index_port_));
    }
    for (auto const& [config, system, port] : listeners_) {
        text += fmt::format("\n  {:<14} {}\n  {:<14} {}\n", config.info.title, url(config_, port),
                            "", system->hint());
    }
    if (metrics_) {
        text += fmt::format("\n  {:<14} {}\n", "Metrics",
                            url(config_.metrics_host, false, metrics_port_) + "/metrics");
    }
    if (config_.demo) {
        text += "\nDemo accounts gm, ana and ben; their password is hubbub-demo.\n";
        if (!std::ranges::all_of(hosts_of(config_), is_local)) {
            text += "Everybody who reaches this machine can use them: this is no place for "
                    "anything real.\n";
        }
    }
    if (folders_.client.empty()) {
        text += "\n/socket.io/socket.io.js is not served: no client folder found; set "
                "--client-dir.\n";
    }
    return text + "\nCtrl+C ends it.\n";
}

}  // namespace apps::server
