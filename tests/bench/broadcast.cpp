// `broadcast`: clients in one room and a sender outside of it that has `window` broadcasts under
// way; each delivery counts. `idle`: clients that do nothing but answer pings, then leave.
#include "tests/bench/scenario.hpp"

#include <thread>

namespace bench {

namespace {

class Broadcast final : public Scenario, public Observer {
public:
    explicit Broadcast(Options const& options) : options_(options), pace_(options.rate) {
        for (std::size_t i = 0; i <= options.clients; ++i) {
            clients_.push_back(
                std::make_unique<WebSocketClient>(loop_, *this, static_cast<std::uint32_t>(i)));
        }
        sender_ = clients_.back().get();
        left_.resize(options.window);
        sent_at_.resize(options.window);
        wanted_.resize(options.window);
    }

    void run(Measurement& measurement) override {
        measurement_ = &measurement;
        connect_all(loop_, clients_, options_.port);
        for (auto const& client : clients_) {
            if (client.get() != sender_) {
                client->send_text("420[\"join\",\"hall\"]");
                client->flush();
            }
        }
        if (!loop_.run([this] { return joined_ == options_.clients; }, std::chrono::seconds(20))) {
            return complain("not everybody could join the room");
        }
        for (std::size_t i = 0; i < options_.window && !pace_; ++i) {
            send();
        }
        sender_->flush();
        measure(
            loop_, options_, measurement, stopping_, [this] { return under_way_ == 0; },
            [this] { send_due(); });
    }

private:
    void send_due() {
        while (pace_ && !stopping_ && pace_.due(under_way_ < options_.window)) {
            send();
            sender_->flush();
        }
    }

    void send() {
        auto const sequence = sender_->sent++;
        left_[sequence % options_.window] = options_.clients;
        sent_at_[sequence % options_.window] = Clock::now();
        ++under_way_;
        auto const payload = make_payload(sender_->number(), sequence, options_.size);
        sender_->send_text("42[\"broadcast\",\"hall\",\"" + payload + "\"]");
        wanted_[sequence % options_.window] = "2[\"broadcast\",\"" + payload + "\"]";
    }

    void on_connected(WebSocketClient&) override {}

    void on_message(WebSocketClient& client, std::string_view data, bool binary) override {
        if (!binary && data == "30[]") {
            ++joined_;
            return;
        }
        auto const sequence = client.received++;
        if (binary || sequence >= sender_->sent || data != wanted_[sequence % options_.window]) {
            return complain("a wrong broadcast: " + std::string(data.substr(0, 60)));
        }
        measurement_->message();
        measurement_->latency(Clock::now() - sent_at_[sequence % options_.window]);
        if (--left_[sequence % options_.window] == 0) {
            --under_way_;
            if (!stopping_ && !pace_) {
                send();
                // Behind what the others of this moment will read.
                loop_.later([this] { sender_->flush(); });
            }
        }
    }

    Options options_;
    Pace pace_;
    Loop loop_;
    std::vector<std::unique_ptr<WebSocketClient>> clients_;
    WebSocketClient* sender_ = nullptr;
    std::vector<std::size_t> left_;  // deliveries of what is under way
    std::vector<Clock::time_point> sent_at_;
    std::vector<std::string> wanted_;
    std::size_t joined_ = 0;
    std::size_t under_way_ = 0;
    Measurement* measurement_ = nullptr;
    bool stopping_ = false;
};

class Idle final : public Scenario, public Observer {
public:
    explicit Idle(Options const& options) : options_(options) {
        for (std::size_t i = 0; i < options.clients; ++i) {
            clients_.push_back(
                std::make_unique<WebSocketClient>(loop_, *this, static_cast<std::uint32_t>(i)));
        }
    }

    void run(Measurement& measurement) override {
        measurement_ = &measurement;
        auto const count = static_cast<double>(options_.clients);
        auto const before = resident_bytes(options_.process);
        auto const used = usage_of(options_.process).cpu;
        connect_all(loop_, clients_, options_.port);
        measurement.value("connect_us", (usage_of(options_.process).cpu - used) / count * 1e6);
        measurement.value("rss_before", before);
        measurement.value("rss_per_client", (resident_bytes(options_.process) - before) / count);
        bool stopping = false;
        measure(loop_, options_, measurement, stopping, [] { return true; });
        for (auto const& client : clients_) {
            client->close();
        }
        // Servers give memory back when they find the time.
        std::this_thread::sleep_for(std::chrono::seconds(2));
        measurement.value("rss_after", resident_bytes(options_.process));
    }

private:
    void on_connected(WebSocketClient&) override {}
    void on_message(WebSocketClient&, std::string_view, bool) override {
        complain("a message to an idle client");
    }
    void on_ping() override { measurement_->message(); }

    Options options_;
    Loop loop_;
    std::vector<std::unique_ptr<WebSocketClient>> clients_;
    Measurement* measurement_ = nullptr;
};

}  // namespace

std::unique_ptr<Scenario> make_broadcast(Options const& options) {
    return std::make_unique<Broadcast>(options);
}

std::unique_ptr<Scenario> make_idle(Options const& options) {
    return std::make_unique<Idle>(options);
}

}  // namespace bench
