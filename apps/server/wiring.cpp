#include "apps/server/wiring.hpp"

#include "apps/eliza/doctor.hpp"
#include "engineio/net/text.hpp"

#include <chrono>
#include <initializer_list>
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

std::vector<std::unique_ptr<eliza::Agent>> staff() {
    std::vector<std::unique_ptr<eliza::Agent>> agents;
    agents.push_back(std::make_unique<eliza::DoctorAgent>());
    return agents;
}

// Demo mode: every session is open to everybody until logins exist.
bool open_access(dungeonlab::User const& user, std::string_view session) {
    return !user.id.empty() && !session.empty();
}

std::vector<std::string> items_of(std::string_view list) {
    std::vector<std::string> items;
    do {
        items.emplace_back(engineio::net::trim(engineio::net::next_piece(list, ',')));
    } while (list.data());
    return items;
}

std::string url(ServerConfig const& config, std::uint16_t port) {
    auto const host = items_of(config.host).front();
    if (host.starts_with("unix:")) {
        return host;
    }
    bool const any = host.empty() || host == "0.0.0.0" || host == "::" || host == "127.0.0.1";
    bool const v6 = host.find(':') != std::string::npos && host.front() != '[';
    return (config.tls_cert.empty() ? "http://" : "https://") +
           (any  ? std::string("localhost")
            : v6 ? "[" + host + "]"
                 : host) +
           ":" + std::to_string(port);
}

// On each host, with the port of the first if any free one will do. Returns that.
std::uint16_t listen_on_all(socketio::Server& io, ServerConfig const& config) {
    socketio::Endpoint endpoint;
    endpoint.port = io.options().port;
    endpoint.tls = io.options().tls;
    for (auto const& host : items_of(config.host)) {
        endpoint.host = host;
        auto const port = io.listen(endpoint);
        endpoint.port = endpoint.port != 0 ? endpoint.port : port;
    }
    return endpoint.port;
}

engineio::net::Response eliza_page() {
    engineio::net::Response response;
    engineio::net::set_header(response.headers, "Content-Type", "text/plain; charset=utf-8");
    response.body = "Eliza listens here by Socket.IO: emit \"message\" with "
                    "{text, roomId, userId, name}; ids are UUIDs.\n";
    return response;
}

// For load balancers and people: the server answers, and how many it serves.
void add_health(engineio::net::Router& routes, socketio::Server& io) {
    routes.add_path("/health", [&io](socketio::Request const&, socketio::Responder responder) {
        engineio::net::Response response;
        engineio::net::set_header(response.headers, "Content-Type", "application/json");
        engineio::net::set_header(response.headers, "Cache-Control", "no-store");
        response.body =
            socketio::Json::object({{"status", "ok"}, {"connections", io.clients_count()}}).dump();
        responder.respond(std::move(response));
    });
}

void use(socketio::Server& io, engineio::net::Router& routes) {
    io.on_http([&routes](socketio::Request request, socketio::Responder responder) {
        routes.on_request(std::move(request), std::move(responder));
    });
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
                                   "index.html");
    }
    return folders;
}

Hubbub::DungeonLabProfile::DungeonLabProfile(socketio::Runtime& runtime,
                                             socketio::ServerOptions options)
    : io(runtime, std::move(options)), game(io.sockets(), dungeonlab::demo_identity, open_access) {
    dungeonlab::seed_events(io.sockets(), game);
}

Hubbub::ElizaProfile::ElizaProfile(socketio::Runtime& runtime, socketio::ServerOptions options)
    : io(runtime, std::move(options)), lounge(io.sockets(), staff()) {
    eliza::lounge_events(io.sockets(), lounge);
}

Hubbub::Hubbub(Config const& config, Folders folders)
    : config_(config.server), folders_(std::move(folders)),
      site_(folders_.web.empty() ? common::StaticSite()
                                 : common::StaticSite(folders_.web, config.server.web_spa)),
      runtime_(static_cast<unsigned>(config.server.threads)) {
    if (config.dungeonlab.enabled) {
        dungeonlab_ = std::make_unique<DungeonLabProfile>(runtime_, options_for(config.dungeonlab));
        auto& routes = dungeonlab_->routes;
        add_health(routes, dungeonlab_->io);
        routes.set_fallback([this](socketio::Request request, socketio::Responder responder) {
            responder.respond(site_.answer(request));
        });
        use(dungeonlab_->io, routes);
    }
    if (config.eliza.enabled) {
        eliza_ = std::make_unique<ElizaProfile>(runtime_, options_for(config.eliza));
        auto& routes = eliza_->routes;
        add_health(routes, eliza_->io);
        routes.add_path("/", [](socketio::Request const&, socketio::Responder responder) {
            responder.respond(eliza_page());
        });
        use(eliza_->io, routes);
    }
}

// No shard may run any more when the profiles, whose handlers it would call, go away.
Hubbub::~Hubbub() {
    runtime_.stop();
    runtime_.join();
}

socketio::ServerOptions Hubbub::options_for(ProfileConfig const& profile) const {
    socketio::ServerOptions options;
    options.port = static_cast<std::uint16_t>(profile.port);
    options.client_dir = folders_.client;
    if (!config_.tls_cert.empty() || !config_.tls_key.empty()) {
        options.tls = socketio::TlsOptions{config_.tls_cert, config_.tls_key};
    }
    if (!config_.trust_proxy.empty()) {
        options.http.trust_proxy = items_of(config_.trust_proxy);
    }
    options.ping_interval = std::chrono::milliseconds(config_.ping_interval_ms);
    options.ping_timeout = std::chrono::milliseconds(config_.ping_timeout_ms);
    options.max_http_buffer_size = static_cast<std::size_t>(config_.max_http_buffer_size);
    options.per_message_deflate.enabled = config_.compression;
    if (!config_.compression) {
        options.http_compression.reset();
    }
    if (!config_.cors_origin.empty()) {
        socketio::CorsOptions cors;
        cors.origin = config_.cors_origin;
        options.cors = std::move(cors);
    }
    return options;
}

void Hubbub::listen() {
    if (dungeonlab_) {
        dungeonlab_->port = listen_on_all(dungeonlab_->io, config_);
    }
    if (eliza_) {
        eliza_->port = listen_on_all(eliza_->io, config_);
    }
}

void Hubbub::run() {
    runtime_.on_termination([this] { close(); });
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

void Hubbub::close() {
    runtime_.stop_listening();
    if (dungeonlab_) {
        dungeonlab_->io.close();
    }
    if (eliza_) {
        eliza_->io.close();
    }
    runtime_.stop();
}

std::string Hubbub::greeting() const {
    std::string text =
        "Hubbub is running on " + std::to_string(runtime_.shard_count()) + " thread(s).\n";
    if (dungeonlab_) {
        text += "\n  Game table   " + url(config_, dungeonlab_->port) + "\n";
        text += site_.empty() ? "               (no demo page found; set --web-dir)\n"
                              : "               Open it in two tabs, join the same session, chat "
                                "and drag a token.\n";
    }
    if (eliza_) {
        text += "\n  Eliza        " + url(config_, eliza_->port) + "\n";
        text += "               Connect a Socket.IO client and emit \"message\".\n";
    }
    if (folders_.client.empty()) {
        text += "\n  /socket.io/socket.io.js is not served: no client folder found; set "
                "--client-dir.\n";
    }
    return text + "\nCtrl+C ends it.\n";
}

}  // namespace apps::server
