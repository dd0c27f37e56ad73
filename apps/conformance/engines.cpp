// The profiles on bare Engine.IO.

#include "apps/conformance/profiles.hpp"
#include "engineio/engine.hpp"
#include "engineio/handshake_check.hpp"
#include "engineio/net/http_server.hpp"
#include "engineio/net/text.hpp"
#include "engineio/unclaimed_upgrades.hpp"

#include <chrono>
#include <ctime>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

namespace conformance {

using engineio::Session;
using engineio::net::Message;
using engineio::net::MessageKind;
using namespace std::chrono_literals;

namespace {

void send_text(Session& session, std::string_view text) {
    auto const message = Message::make(MessageKind::text, "4", text);
    session.send(std::span(&message, 1));
}

void send_bytes(Session& session, std::string_view bytes) {
    auto const message = Message::make(MessageKind::binary, bytes);
    session.send(std::span(&message, 1));
}

class Echo : public engineio::SessionHandler {
public:
    explicit Echo(Session& session) : session_(session) {}
    void on_message(std::string_view text) override { send_text(session_, text); }
    void on_binary(std::string_view bytes) override { send_bytes(session_, bytes); }
    void on_drain() override {}
    void on_close(engineio::CloseReason, std::string_view) override {}

protected:
    Session& session_;
};

class EngineClientSuite final : public Echo {
public:
    explicit EngineClientSuite(Session& session) : Echo(session) {
        session.shard().defer([this, &session] {
            if (session.is_open()) {
                send_text(session, "hi");
            }
        });
    }
    void on_message(std::string_view text) override {
        if (text == "give binary") {
            send_bytes(session_, std::string_view("\0\1\2\3\4", 5));
        } else if (text == "give utf8") {
            send_text(session_, "пойду спать всем спокойной ночи");
        } else if (text == "sendHeaders") {
            send_text(session_, post_headers().dump());
        } else {
            Echo::on_message(text);
        }
    }

private:
    socketio::Json post_headers() const {
        socketio::Json headers = socketio::Json::object();
        if (auto const* post = session_.carrier()) {
            for (auto const& [name, value] : post->headers) {
                headers.set(name, value);
            }
        }
        return headers;
    }
};

void add_cookies(engineio::net::Headers& headers, socketio::Request const&) {
    for (auto const& cookie : {std::string("1=1; Max-Age=86400"),
                               std::string("2=2; Path=/; HttpOnly; Secure; SameSite=Strict"),
                               std::string("3=3; Max-Age=0"),
                               "4=4; Expires=" + engineio::net::http_date(std::time(nullptr))}) {
        headers.push_back({"set-cookie", cookie});
    }
}

engineio::Options engine_options_of(std::string_view profile) {
    engineio::Options options;
    if (profile == "eio-client-suite") {
        options.ping_interval = 500ms;
        options.max_http_buffer_size = 100;
        options.allow_request = [](socketio::Request const& request, auto decide) {
            decide(request.query().has("deny") ? engineio::Verdict("") : std::nullopt);
        };
        options.initial_headers = add_cookies;
        return options;
    }
    options.cors = engineio::CorsOptions{};
    if (profile == "eio-suite") {
        options.ping_interval = 300ms;
        options.ping_timeout = 200ms;
    } else {
        options.allow_eio3 = true;
    }
    return options;
}

// The refusals so far, shown at /errors.
class ErrorLog {
public:
    void add(socketio::Request const& request, engineio::ConnectionError const& error) {
        auto context = socketio::Json::object();
        for (auto const& [name, value] : error.context) {
            context.set(name, value);
        }
        std::lock_guard lock(mutex_);
        errors_.push_back(socketio::Json::object({{"url", request.target},
                                                  {"code", error.code},
                                                  {"message", error.message},
                                                  {"context", std::move(context)}}));
    }
    std::string text() const {
        std::lock_guard lock(mutex_);
        return socketio::Json(errors_).dump();
    }

private:
    mutable std::mutex mutex_;  // guards errors_
    socketio::Json::Array errors_;
};

EngineWishes wishes_of(std::string_view name, Listen const& listen, ErrorLog& errors) {
    if (name != "eio-options") {
        return {engine_options_of(name), {}};
    }
    auto const json = socketio::Json::parse(listen.engine_options);
    auto wishes = engine_wishes(json ? *json : socketio::Json::object());
    wishes.options.connection_error = [&errors](auto const& request, auto const& error) {
        errors.add(request, error);
    };
    return wishes;
}

// One shard's way in: the engine where it owns the path, else the plain answers.
class Entrance final : public engineio::net::HttpHandler {
public:
    Entrance(engineio::net::Shard& shard, unsigned shards, engineio::EngineGroup& group,
             ErrorLog const& errors, engineio::Engine::Accept accept)
        : engine_(shard, shards, group, std::move(accept)), group_(group), errors_(errors),
          unclaimed_(shard, group.options()) {}

    void on_request(socketio::Request request, socketio::Responder responder) override {
        if (engine_.owns(request)) {
            engine_.on_request(std::move(request), std::move(responder));
        } else if (request.upgrade && engineio::allows_transport(group_.options(), "websocket")) {
            unclaimed_.hold(std::move(responder), request.remote_address);
        } else if (request.path() == "/errors") {
            answer(std::move(responder), errors_.text());
        } else if (request.path() == "/count") {
            answer(std::move(responder), std::to_string(group_.clients_count()));
        } else if (request.path() == "/close") {
            group_.close();
            answer(std::move(responder), "closed");
        } else {
            answer_plain(request, std::move(responder));
        }
    }

private:
    static void answer(socketio::Responder responder, std::string body) {
        responder.respond({.status = 200, .headers = {}, .body = std::move(body)});
    }

    engineio::Engine engine_;
    engineio::EngineGroup& group_;
    ErrorLog const& errors_;
    engineio::UnclaimedUpgrades unclaimed_;
};

class EngineProfile final : public Profile {
public:
    EngineProfile(std::string_view name, Listen const& listen)
        : listen_(listen), wishes_(wishes_of(name, listen, errors_)),
          group_(std::move(wishes_.options)), runtime_(listen.threads) {
        for (auto& middleware : wishes_.middlewares) {
            group_.use(std::move(middleware));
        }
        bool const suite = name == "eio-client-suite";
        auto const accept = [suite](Session& session) -> std::unique_ptr<engineio::SessionHandler> {
            if (suite) {
                return std::make_unique<EngineClientSuite>(session);
            }
            return std::make_unique<Echo>(session);
        };
        for (unsigned i = 0; i < runtime_.shard_count(); ++i) {
            entrances_.push_back(std::make_unique<Entrance>(
                runtime_.shard(i), runtime_.shard_count(), group_, errors_, accept));
        }
    }

    std::uint16_t listen() override {
        return runtime_.listen(
            {listen_.host, listen_.port, listen_.tls()}, {},
            [this](unsigned i) -> engineio::net::HttpHandler& { return *entrances_[i]; });
    }

    void run() override {
        runtime_.on_termination([this] {
            group_.close();
            runtime_.stop();
        });
        runtime_.run();
    }

private:
    Listen listen_;
    ErrorLog errors_;
    EngineWishes wishes_;
    engineio::EngineGroup group_;
    engineio::net::HttpServer runtime_;
    std::vector<std::unique_ptr<Entrance>> entrances_;
};

}  // namespace

std::unique_ptr<Profile> make_engine_profile(std::string_view name, Listen const& listen) {
    if (name != "eio-suite" && name != "eio-echo" && name != "eio-client-suite" &&
        name != "eio-options") {
        return nullptr;
    }
    return std::make_unique<EngineProfile>(name, listen);
}

}  // namespace conformance
