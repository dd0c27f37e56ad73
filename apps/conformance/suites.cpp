// The profiles that the reference's own client and server test suites talk to.

#include "apps/conformance/profiles.hpp"

#include <chrono>

namespace conformance {

using namespace socketio;
using namespace std::chrono_literals;

namespace {

class ServerSuite final : public ServerProfile {
public:
    explicit ServerSuite(Listen const& listen) : ServerProfile(options(), listen) {
        auto const greet = [](Socket& s) { s.emit("auth", s.handshake().auth()); };
        io_.on_connection(greet);
        io_.of("/custom").on_connection(greet);
        io_.on("message", [](Socket& s, Args args) { s.emit("message-back", args); });
        io_.on("message-with-ack", [](Args args, Ack<Args> ack) { ack(args); });
    }

private:
    static ServerOptions options() {
        ServerOptions options;
        options.ping_interval = 300ms;
        options.ping_timeout = 200ms;
        options.connect_timeout = 1000ms;
        options.cors = CorsOptions{};
        return options;
    }
};

class ClientSuite final : public ServerProfile {
public:
    explicit ClientSuite(Listen const& listen) : ServerProfile(options(), listen) {
        for (auto const* name : {"/timeout_socket", "/valid", "/asd"}) {
            io_.of(name);
        }
        io_.of("/foo").on("getId", [](Socket& s) { return s.id(); });
        io_.of("/abc").on_connection(
            [](Socket& s) { s.emit("handshake", s.handshake().to_json()); });
        io_.of("/no").use([](Socket&) -> Admission {
            return ConnectError{"Auth failed (custom namespace)", std::nullopt};
        });
        io_.use([](Socket& s) -> Admission {
            if (s.handshake().query("fail").value_or("").empty()) {
                return Admission();
            }
            return ConnectError{"Auth failed (main namespace)", std::nullopt};
        });
        install_echoes();
        install_binaries();
    }

private:
    static ServerOptions options() {
        ServerOptions options;
        options.ping_interval = 2000ms;
        options.connection_state_recovery = RecoveryOptions{};
        options.allow_request = [](Request const&, std::function<void(engineio::Verdict)> decide) {
            spawn([](std::function<void(engineio::Verdict)> admit) -> Task<> {
                co_await sleep_for(10ms);
                admit(std::nullopt);
            }(std::move(decide)));
        };
        return options;
    }

    void install_echoes() {
        io_.on("hi", [](Socket& s) { s.emit("hi"); });
        io_.on("echo", [](Json value) { return value; });
        io_.on("ack", [](Socket& s) -> Task<> {
            auto const answer = co_await s.emit_with_ack<Args>("ack");
            if (answer && answer->size() > 1 && (*answer)[0] == Json(5) &&
                !(*answer)[1]["test"].is_null()) {
                s.emit("got it");
            }
        });
        io_.on("getAckDate", [] { return std::chrono::system_clock::now(); });
        io_.on("getDate", [](Socket& s) { s.emit("takeDate", std::chrono::system_clock::now()); });
        io_.on("getDateObj", [](Socket& s) {
            s.emit("takeDateObj",
                   Json::object({{"date", to_json(std::chrono::system_clock::now())}}));
        });
        io_.on("getUtf8", [](Socket& s) {
            for (auto const* text :
                 {"てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"}) {
                s.emit("takeUtf8", text);
            }
        });
        io_.on("false", [](Socket& s) { s.emit("false", false); });
        io_.on("getHandshake", [](Socket& s) { return s.handshake().to_json(); });
        io_.on("getId", [](Socket& s) { return s.id(); });
    }

    void install_binaries() {
        io_.on("doge", [](Socket& s) { s.emit("doge", Binary{"asdfasdf"}); });
        io_.on("getbin", [](Socket& s) { s.emit("takebin", Binary{"asdfasdf"}); });
        io_.on("buffa", [](Socket& s, Binary) { s.emit("buffack"); });
        io_.on("jsonbuff", [](Socket& s, Json o) {
            if (o["hello"] == Json("lol") && o["message"].is_binary() &&
                o["goodbye"] == Json("gotcha")) {
                s.emit("jsonbuff-ack");
            }
        });
        io_.on("abuff1", [](Socket& s, Json bytes) { s.data<bool>() = bytes.is_binary(); });
        io_.on("abuff2", [](Socket& s) {
            if (s.data<bool>()) {
                s.emit("abuff2-ack");
            }
        });
    }
};

}  // namespace

std::unique_ptr<Profile> make_suite_profile(std::string_view name, Listen const& listen) {
    if (name == "sio-suite") {
        return std::make_unique<ServerSuite>(listen);
    }
    if (name == "sio-client-suite") {
        return std::make_unique<ClientSuite>(listen);
    }
    return nullptr;
}

}  // namespace conformance
