// Echoes: every client keeps `window` messages in flight and compares each answer byte by byte.
// `light` is the same with one more client that always has a window of 256 in flight; only the
// others, which send one message after the other, are measured.
#include "tests/bench/scenario.hpp"

#include <deque>

namespace bench {

namespace {

constexpr std::size_t flood_window = 256;

class Echo final : public Scenario, public Observer {
public:
    explicit Echo(Options const& options) : options_(options), pace_(options.rate) {
        bool const flood = options.scenario == "light";
        for (std::size_t i = 0; i < options.clients + flood; ++i) {
            clients_.push_back(
                std::make_unique<WebSocketClient>(loop_, *this, static_cast<std::uint32_t>(i)));
        }
        flooding_ = flood ? clients_.back().get() : nullptr;
        sent_at_.resize(clients_.size());
        awaited_binary_.resize(clients_.size());
    }

    void run(Measurement& measurement) override {
        measurement_ = &measurement;
        connect_all(loop_, clients_, options_.port);
        for (auto const& client : clients_) {
            sent_at_[client->number()].resize(window(*client));
            for (std::size_t i = 0; i < window(*client); ++i) {
                go_on(*client);
            }
            client->flush();
        }
        measure(
            loop_, options_, measurement, stopping_, [this] { return drained(); },
            [this] { send_due(); });
    }

private:
    std::size_t window(WebSocketClient const& client) const {
        return &client == flooding_ ? flood_window : options_.window;
    }

    bool drained() const {
        for (auto const& client : clients_) {
            if (client->received != client->sent) {
                return false;
            }
        }
        return true;
    }

    // One more may be sent by this client: now, or when its time comes.
    void go_on(WebSocketClient& client) {
        if (pace_) {
            able_.push_back(&client);
        } else {
            send(client);
        }
    }

    void send_due() {
        while (pace_ && !stopping_ && pace_.due(!able_.empty())) {
            send(*able_.front());
            able_.front()->flush();
            able_.pop_front();
        }
    }

    void send(WebSocketClient& client) {
        auto const sequence = client.sent++;
        sent_at_[client.number()][sequence % window(client)] = Clock::now();
        auto const payload = make_payload(client.number(), sequence, options_.size);
        auto const id = options_.ack ? std::to_string(sequence) : std::string();
        if (options_.binary) {
            client.send_text("451-" + id + "[\"echo\",{\"_placeholder\":true,\"num\":0}]");
            client.send_binary(payload);
        } else {
            client.send_text("42" + id + "[\"echo\",\"" + payload + "\"]");
        }
    }

    // The text that answers this message; for binary ones the attachment follows.
    std::string expected(WebSocketClient const& client) const {
        auto const id = options_.ack ? std::to_string(client.received) : std::string();
        std::string const name = options_.ack ? "[" : "[\"echo\",";
        if (options_.binary) {
            return (options_.ack ? "61-" : "51-") + id + name +
                   "{\"_placeholder\":true,\"num\":0}]";
        }
        return (options_.ack ? "3" : "2") + id + name + "\"" +
               make_payload(client.number(), client.received, options_.size) + "\"]";
    }

    void on_connected(WebSocketClient&) override {}

    void on_message(WebSocketClient& client, std::string_view data, bool binary) override {
        bool const half = binary || options_.binary;
        if (binary != static_cast<bool>(awaited_binary_[client.number()])) {
            return complain("text and binary out of order");
        }
        if (data != (binary ? make_payload(client.number(), client.received, options_.size)
                            : expected(client))) {
            return complain("a wrong answer: " + std::string(data.substr(0, 60)));
        }
        if (half) {
            awaited_binary_[client.number()] = !binary;
        }
        if (half && !binary) {
            return;  // the rest follows
        }
        if (!flooding_ || &client != flooding_) {
            auto const& at = sent_at_[client.number()];
            measurement_->latency(Clock::now() - at[client.received % window(client)]);
        }
        measurement_->message();
        ++client.received;
        if (!stopping_) {
            go_on(client);
        }
    }

    Options options_;
    Pace pace_;
    std::deque<WebSocketClient*> able_;  // with a fixed load: who may send
    Loop loop_;
    std::vector<std::unique_ptr<WebSocketClient>> clients_;
    WebSocketClient* flooding_ = nullptr;
    std::vector<std::vector<Clock::time_point>> sent_at_;  // of what is in flight
    std::vector<char> awaited_binary_;
    Measurement* measurement_ = nullptr;
    bool stopping_ = false;
};

}  // namespace

std::unique_ptr<Scenario> make_echo(Options const& options) {
    return std::make_unique<Echo>(options);
}

std::unique_ptr<Scenario> make_light(Options const& options) {
    return std::make_unique<Echo>(options);
}

}  // namespace bench
