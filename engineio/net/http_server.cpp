#include "engineio/net/http_server.hpp"

#include "engineio/net/drain.hpp"
#include "engineio/net/io_shard.hpp"
#include "engineio/net/listener.hpp"
#include "engineio/net/result.hpp"
#include "engineio/net/unused_memory.hpp"

#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace engineio::net {

// Order matters: listeners and signals use a shard's io_context and go before the shards, whose
// connections use the sites.
struct HttpServer::State {
    std::mutex sites_mutex;  // guards sites, which listen() may grow from any thread
    std::vector<std::unique_ptr<Site>> sites;
    std::vector<std::unique_ptr<IoShard>> shards;
    std::vector<std::thread> threads;
    std::vector<std::unique_ptr<Listener>> listeners;  // shard 0 only
    std::optional<boost::asio::signal_set> signals;
    std::function<void()> terminate;
    std::optional<boost::asio::signal_set> hangups;
    std::function<void()> hang_up;
    std::vector<void (*)()> at_shard_end;
    bool started = false;

    IoShard& first() { return *shards.front(); }
    void wait_signal(boost::asio::signal_set& set, std::function<void()> const& callback);
    void run_shard(IoShard& shard);
    void make_room(Listener& listener);
    void gather(std::size_t next, std::size_t left, Metrics sum,
                std::function<void(Metrics const&)> done);
};

void HttpServer::State::gather(std::size_t next, std::size_t left, Metrics sum,
                               std::function<void(Metrics const&)> done) {
    auto& shard = *shards[next];
    shard.post([this, next, left, &shard, sum = std::move(sum), done = std::move(done)]() mutable {
        sum += shard.present_metrics();
        if (left == 1) {
            done(sum);
        } else {
            gather((next + 1) % shards.size(), left - 1, std::move(sum), std::move(done));
        }
    });
}

// Who says nothing must not hold the descriptors that others need, whichever listener it came to.
void HttpServer::State::make_room(Listener& listener) {
    for (auto& shard : shards) {
        shard->post([this, &listener, &shard = *shard] {
            bool room = false;
            std::lock_guard lock(sites_mutex);
            for (auto const& site : sites) {
                room |= HttpConnection::make_room(*site->half_open[shard.index()], shard.now());
            }
            if (room) {
                first().post([&listener] { listener.retry(); });
            }
        });
    }
}

void HttpServer::State::run_shard(IoShard& shard) {
    shard.run();
    for (auto* callback : at_shard_end) {
        shard.enter(callback);
    }
}

void HttpServer::State::wait_signal(boost::asio::signal_set& set,
                                    std::function<void()> const& callback) {
    set.async_wait([this, &set, &callback](boost::system::error_code const& error, int) {
        if (!error) {
            first().enter(callback);
            wait_signal(set, callback);
        }
    });
}

HttpServer::HttpServer(unsigned threads) : state_(std::make_unique<State>()) {
    UnusedMemory::limit_free_ends();
    auto const count = threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
    auto const backlogs = std::make_shared<Backlogs>();
    for (unsigned i = 0; i < count; ++i) {
        state_->shards.push_back(std::make_unique<IoShard>(i));
        state_->shards.back()->share_backlogs(backlogs);
    }
}

HttpServer::~HttpServer() {
    stop();
    join();
}

unsigned HttpServer::shard_count() const {
    return static_cast<unsigned>(state_->shards.size());
}

Shard& HttpServer::shard(unsigned index) {
    return *state_->shards.at(index);
}

std::uint16_t HttpServer::listen(Endpoint const& endpoint, HttpOptions const& options,
                                 std::function<HttpHandler&(unsigned shard_index)> handlers) {
    check_options(options);
    auto owned = std::make_unique<Site>(
        Site{{},
             {},
             options,
             TrustedProxies(options),
             AllowedHosts(options.allowed_hosts),
             endpoint.tls ? std::make_unique<TlsContext>(*endpoint.tls) : nullptr,
             Admission::make(options),
             {}});
    auto listening = listen_on(endpoint);
    for (unsigned i = 0; i < shard_count(); ++i) {
        owned->shards.push_back(state_->shards[i].get());
        owned->handlers.push_back(&handlers(i));
        owned->half_open.push_back(std::make_unique<HalfOpen>());
    }
    auto const& site = *owned;
    {
        std::lock_guard lock(state_->sites_mutex);
        state_->sites.push_back(std::move(owned));
    }
    auto listener =
        std::make_unique<Listener>(site, std::move(listening.socket), std::move(listening.file),
                                   [state = state_.get()](Listener& l) { state->make_room(l); });
    state_->first().post([state = state_.get(), listener = std::move(listener)]() mutable {
        if (!state->first().stopping()) {
            listener->start();
            state->listeners.push_back(std::move(listener));
        }
    });
    return listening.port;
}

Result<void, std::string> HttpServer::reload_certificates() {
    std::lock_guard lock(state_->sites_mutex);
    std::vector<std::pair<TlsContext*, std::shared_ptr<TlsCertificates const>>> renewed;
    for (auto const& site : state_->sites) {
        if (site->tls) {
            auto read = site->tls->read();
            if (!read) {
                return std::move(read).error();
            }
            renewed.emplace_back(site->tls.get(), std::move(*read));
        }
    }
    for (auto& [context, certificates] : renewed) {
        context->use(std::move(certificates));
    }
    return {};
}

void HttpServer::gather_metrics(std::function<void(Metrics const&)> done) {
    auto& shards = state_->shards;
    auto const asking = std::find_if(shards.begin(), shards.end(),
                                     [](auto const& shard) { return shard->is_current(); });
    // It comes last.
    auto const first = asking == shards.end() ? 0 : asking - shards.begin() + 1;
    state_->gather(static_cast<std::size_t>(first) % shards.size(), shards.size(), {},
                   std::move(done));
}

void HttpServer::start() {
    if (state_->started) {
        return;
    }
    state_->started = true;
    for (std::size_t i = 1; i < state_->shards.size(); ++i) {
        state_->threads.emplace_back([this, i] { state_->run_shard(*state_->shards[i]); });
    }
}

void HttpServer::run() {
    start();
    state_->run_shard(state_->first());
    state_->signals.reset();  // nobody would hear them now
    join();
}

void HttpServer::join() {
    for (auto& thread : state_->threads) {
        thread.join();
    }
    state_->threads.clear();
    // What ending shards posted to ended ones; descriptors on their way are closed by this.
    for (auto& shard : state_->shards) {
        shard->enter([&] { shard->drop_posted(); });
    }
}

void HttpServer::on_shard_end(void (*callback)()) {
    auto& callbacks = state_->at_shard_end;
    if (std::find(callbacks.begin(), callbacks.end(), callback) == callbacks.end()) {
        callbacks.push_back(callback);
    }
}

void HttpServer::on_termination(std::function<void()> callback) {
    SIO_ASSERT(!state_->signals);
    state_->terminate = std::move(callback);
    state_->signals.emplace(state_->first().context(), SIGINT, SIGTERM);
    state_->wait_signal(*state_->signals, state_->terminate);
}

void HttpServer::on_hangup(std::function<void()> callback) {
    SIO_ASSERT(!state_->hangups);
    state_->hang_up = std::move(callback);
    state_->hangups.emplace(state_->first().context(), SIGHUP);
    state_->wait_signal(*state_->hangups, state_->hang_up);
}

void HttpServer::stop_listening() {
    state_->first().post([state = state_.get()] {
        for (auto& listener : state->listeners) {
            listener->stop();
        }
    });
}

void HttpServer::wind_down(Clock::time_point until, std::chrono::milliseconds patience,
                           std::function<void()> then) {
    stop_listening();
    // After that, so that nobody comes in behind the shards' backs.
    state_->first().post([this, until, patience, then = std::move(then)]() mutable {
        auto const one_less =
            when_all(shard_count(),
                     [&first = state_->first(), then = std::move(then)] { first.post(then); });
        for (auto& shard : state_->shards) {
            shard->post([&shard = *shard, until, patience, one_less] {
                shard.when_quiet(until, clocked(patience), one_less);
            });
        }
    });
}

void HttpServer::stop() {
    stop_listening();
    for (auto& shard : state_->shards) {
        shard->stop();
    }
}

}  // namespace engineio::net
