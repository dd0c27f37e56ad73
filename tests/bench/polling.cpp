// Scenarios with plain HTTP: `polling`, echoes over long polling, and `connect`, clients that
// connect to the namespace, leave, and begin again.
#include "tests/bench/scenario.hpp"

#include <charconv>
#include <utility>

namespace bench {

namespace {

// One HTTP/1.1 connection; one exchange at a time.
class Exchange final : public Stream {
public:
    using Done = std::function<void(std::string_view body)>;

    Exchange(Loop& loop, std::uint16_t port) : Stream(loop), port_(port) {}

    // `query`: what follows the transport's name. A body makes it a POST.
    void begin(std::string_view query, std::string_view body, Done done) {
        if (!is_open()) {
            open(port_);
        }
        done_ = std::move(done);
        auto& out = output();
        out.append(body.empty() ? "GET" : "POST");
        out.append(" /socket.io/?EIO=4&transport=polling").append(query);
        out.append(" HTTP/1.1\r\nHost: localhost\r\n");
        if (!body.empty()) {
            out.append("Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ");
            out.append(std::to_string(body.size())).append("\r\n");
        }
        out.append("\r\n").append(body);
        flush();
    }

private:
    std::size_t on_bytes(std::string_view bytes) override {
        auto const end = bytes.find("\r\n\r\n");
        if (end == bytes.npos) {
            return 0;
        }
        auto const length = content_length(bytes.substr(0, end));
        auto const total = end + 4 + length;
        if (bytes.size() < total) {
            return 0;
        }
        if (!bytes.starts_with("HTTP/1.1 200")) {
            complain("answered " + std::string(bytes.substr(0, bytes.find('\r'))));
        }
        auto const done = std::exchange(done_, nullptr);
        if (done) {
            done(bytes.substr(end + 4, length));
        } else {
            complain("an answer to nothing");
        }
        return total;
    }

    void on_lost() override { complain("the server ended an HTTP connection"); }

    static std::size_t content_length(std::string_view head) {
        for (auto const* name : {"Content-Length: ", "content-length: "}) {
            auto const at = head.find(name);
            if (at != head.npos) {
                std::size_t length = 0;
                auto const* const digits = head.data() + at + std::string_view(name).size();
                std::from_chars(digits, head.data() + head.size(), length);
                return length;
            }
        }
        complain("an answer without Content-Length");
        return 0;
    }

    std::uint16_t port_;
    Done done_;
};

// The opening of a session over polling, up to the namespace.
class PollingSession {
public:
    PollingSession(Loop& loop, std::uint16_t port) : get(loop, port), post(loop, port) {}

    void start(std::function<void()> connected) {
        get.begin("", "", [this, connected = std::move(connected)](std::string_view body) {
            auto const begin = body.find("\"sid\":\"");
            if (body.empty() || body[0] != '0' || begin == body.npos) {
                return complain("no open packet: " + std::string(body.substr(0, 40)));
            }
            auto const rest = body.substr(begin + 7);
            sid = rest.substr(0, rest.find('"'));
            query = "&sid=" + sid;
            post.begin(query, "40", [this, connected](std::string_view) {
                get.begin(query, "", [connected](std::string_view answer) {
                    if (!answer.starts_with("40{")) {
                        return complain("not connected: " + std::string(answer.substr(0, 40)));
                    }
                    connected();
                });
            });
        });
    }

    Exchange get, post;
    std::string sid, query;
};

class Polling final : public Scenario {
public:
    explicit Polling(Options const& options) : options_(options), users_(options.clients) {}

    void run(Measurement& measurement) override {
        measurement_ = &measurement;
        for (std::size_t i = 0; i < users_.size(); ++i) {
            auto& user = users_[i];
            user.number = static_cast<std::uint32_t>(i);
            user.session = std::make_unique<PollingSession>(loop_, options_.port);
            user.session->start([this, &user] {
                send(user);
                poll(user);
            });
        }
        measure(loop_, options_, measurement, stopping_, [this] { return drained(); });
    }

private:
    struct User {
        std::unique_ptr<PollingSession> session;
        std::uint32_t number = 0;
        std::uint64_t sent = 0;
        std::uint64_t received = 0;
        bool posting = false;
        Clock::time_point sent_at;
    };

    bool drained() const {
        for (auto const& user : users_) {
            if (user.received != user.sent) {
                return false;
            }
        }
        return true;
    }

    void send(User& user) {
        if (stopping_ || user.posting || user.received != user.sent) {
            return;
        }
        user.posting = true;
        user.sent_at = Clock::now();
        auto const payload = make_payload(user.number, user.sent++, options_.size);
        auto const& query = user.session->query;
        user.session->post.begin(query, "42[\"echo\",\"" + payload + "\"]",
                                 [this, &user](std::string_view body) {
                                     if (body != "ok") {
                                         complain("a POST was not answered with ok");
                                     }
                                     user.posting = false;
                                     send(user);
                                 });
    }

    void poll(User& user) {
        user.session->get.begin(user.session->query, "", [this, &user](std::string_view body) {
            auto const wanted =
                "42[\"echo\",\"" + make_payload(user.number, user.received, options_.size) + "\"]";
            if (body == wanted) {
                ++user.received;
                measurement_->message();
                measurement_->latency(Clock::now() - user.sent_at);
            } else if (body != "2") {
                complain("a wrong answer: " + std::string(body.substr(0, 60)));
            }
            poll(user);
            send(user);
        });
    }

    Options options_;
    Loop loop_;
    std::vector<User> users_;
    Measurement* measurement_ = nullptr;
    bool stopping_ = false;
};

class Connect final : public Scenario, public Observer {
public:
    explicit Connect(Options const& options) : options_(options), users_(options.clients) {
        for (std::size_t i = 0; i < users_.size(); ++i) {
            auto& user = users_[i];
            user.polling = std::make_unique<PollingSession>(loop_, options.port);
            user.websocket =
                std::make_unique<WebSocketClient>(loop_, *this, static_cast<std::uint32_t>(i));
        }
    }

    void run(Measurement& measurement) override {
        measurement_ = &measurement;
        for (auto& user : users_) {
            start(user);
        }
        measure(loop_, options_, measurement, stopping_, [this] { return busy_ == 0; });
    }

private:
    struct User {
        std::unique_ptr<PollingSession> polling;
        std::unique_ptr<WebSocketClient> websocket;
        Clock::time_point started;
    };

    void start(User& user) {
        ++busy_;
        user.started = Clock::now();
        if (options_.transport == "websocket") {
            user.websocket->start(options_.port);
            return;
        }
        user.polling->start([this, &user] {
            if (options_.transport == "upgrade") {
                user.websocket->start(options_.port, user.polling->sid);
                // Answered with a noop once the probe is there, as of every client.
                user.polling->get.begin(user.polling->query, "", [](std::string_view) {});
            } else {
                finish(user);
            }
        });
    }

    void finish(User& user) {
        --busy_;
        measurement_->message();
        measurement_->latency(Clock::now() - user.started);
        // Not inside the calls of the streams that end.
        loop_.later([this, &user] {
            user.websocket->close();
            user.polling->get.close();
            user.polling->post.close();
            if (!stopping_) {
                start(user);
            }
        });
    }

    void on_connected(WebSocketClient& client) override {
        client.flush();  // the last step of an upgrade
        finish(users_[client.number()]);
    }
    void on_message(WebSocketClient&, std::string_view, bool) override {}

    Options options_;
    Loop loop_;
    std::vector<User> users_;
    std::size_t busy_ = 0;
    Measurement* measurement_ = nullptr;
    bool stopping_ = false;
};

}  // namespace

std::unique_ptr<Scenario> make_polling(Options const& options) {
    return std::make_unique<Polling>(options);
}

std::unique_ptr<Scenario> make_connect(Options const& options) {
    return std::make_unique<Connect>(options);
}

}  // namespace bench
