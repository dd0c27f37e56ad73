#include "socketio/server.hpp"

#include "engineio/net/log.hpp"
#include "socketio/core.hpp"
#include "socketio/gather.hpp"

#include <stdexcept>
#include <utility>

namespace socketio {

Server::Server(ServerOptions options)
    : own_runtime_(std::make_unique<Runtime>(options.threads)),
      core_(std::make_unique<Core>(*own_runtime_, std::move(options))) {
    core_->set_server(*this);
}

Server::Server(Runtime& runtime, ServerOptions options)
    : core_(std::make_unique<Core>(runtime, std::move(options))) {
    core_->set_server(*this);
}

Server::~Server() {
    if (own_runtime_) {
        own_runtime_->stop();
        own_runtime_->join();  // no shard may look at the core any more
    }
}

Namespace& Server::of(std::string_view name) {
    return core_->of(name, {});
}

Namespace& Server::of(std::string_view name, engineio::Callback<void(Namespace&)> const& set_up) {
    return core_->of(name, set_up);
}

ParentNamespace& Server::of(std::regex pattern) {
    return core_->of_matching(
        [pattern = std::move(pattern)](std::string const& name, Json const&) {
            return std::regex_search(name, pattern);
        },
        true);
}

ParentNamespace& Server::of_matching(ParentNamespace::Admit admit) {
    return core_->of_matching(std::move(admit), false);
}

void Server::on_new_namespace(engineio::Callback<void(Namespace&)> listener) {
    core_->on_new_namespace(std::move(listener));
}

void Server::on_engine_connection(engineio::Callback<void(Connection)> listener) {
    core_->on_engine_connection(std::move(listener));
}

void Server::set_http_handler(std::function<void(Request, Responder)> handler) {
    core_->on_http(std::move(handler));
}

std::uint16_t Server::listen() {
    return core_->listen();
}

std::uint16_t Server::listen(Endpoint const& endpoint) {
    return core_->listen(endpoint);
}

void Server::run() {
    if (!own_runtime_) {
        throw std::logic_error("this server shares its runtime: run that instead");
    }
    if (!core_->listening()) {
        core_->listen();
    }
    own_runtime_->run();
}

void Server::close_on_signals() {
    core_->runtime().on_termination([this] { close(); });
}

engineio::net::Result<void, std::string> Server::reload_certificates() {
    return core_->runtime().reload_certificates();
}

void Server::reload_certificates_on_hangup() {
    core_->runtime().on_hangup([&runtime = core_->runtime()] {
        if (auto const done = runtime.reload_certificates()) {
            engineio::net::log_info("socketio", "certificates reloaded");
        } else {
            engineio::net::log_error("socketio", "certificates not reloaded: {}", done.error());
        }
    });
}

void Server::close() {
    if (own_runtime_) {
        own_runtime_->stop_listening();
    }
    core_->close();
    if (own_runtime_) {
        own_runtime_->stop();
    }
}

void Server::drain(DrainOptions const& options, engineio::Callback<void()> told) {
    auto const until = engineio::net::later(engineio::net::Clock::now(), options.deadline);
    core_->drain(options, [this, until, goodbye = options.goodbye, told = std::move(told)] {
        if (!own_runtime_) {
            return told ? told() : void();
        }
        // Not before: who polls may need a new connection to fetch what is left for it.
        own_runtime_->wind_down(until, goodbye, [this] { close(); });
        if (told) {
            own_runtime_->shard(0).post(told);  // nobody can come any more
        }
    });
}

bool Server::draining() const {
    return core_->draining();
}

void Server::drain_on_signals(DrainOptions options) {
    core_->runtime().on_termination([this, options] {
        if (draining()) {
            close();
        } else {
            drain(options);
        }
    });
}

engineio::EngineGroup& Server::engine() {
    return core_->engine();
}

Runtime& Server::runtime() {
    return core_->runtime();
}

ServerOptions const& Server::options() const {
    return core_->options();
}

std::size_t Server::clients_count() const {
    return core_->clients_count();
}

Task<Metrics> Server::metrics() {
    ShardGather<Metrics>::Collect collect = [](engineio::net::Shard& shard) {
        return std::vector{shard.present_metrics()};
    };
    auto const parts = co_await ShardGather<Metrics>(*core_, std::move(collect));
    Metrics sum;
    for (auto const& part : parts) {
        sum += part;
    }
    co_return sum;
}

}  // namespace socketio
