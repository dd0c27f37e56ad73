// The first eight profiles: one server with different options.

#include "apps/conformance/handlers.hpp"
#include "apps/conformance/profiles.hpp"

#include <chrono>
#include <regex>

namespace conformance {

using namespace socketio;
using namespace std::chrono_literals;

namespace {

void allow_unless_rejected(Request const& request,
                           std::function<void(engineio::Verdict)> const& decide) {
    auto const query = request.query();
    decide(query.has("reject") ? engineio::Verdict(std::string(query.get("reject")))
                               : std::nullopt);
}

ServerOptions main_options() {
    ServerOptions options;
    options.allow_eio3 = true;
    options.max_http_buffer_size = 100'000;
    options.cors = CorsOptions{.origin = CorsOptions::Reflect{}, .credentials = true};
    options.allowed_origins = std::string("*");  // as Node, which looks at CORS only
    options.allow_request = allow_unless_rejected;
    return options;
}

std::optional<ServerOptions> options_of(std::string_view profile, Listen const& listen) {
    auto options = main_options();
    if (profile == "main") {
        return options;
    }
    if (profile == "recovery") {
        options.allow_eio3 = false;
        options.connection_state_recovery = RecoveryOptions{
            .max_disconnection_duration = listen.recovery_file.empty() ? 2000ms : 60'000ms,
            .file = listen.recovery_file};
    } else if (profile == "fast") {
        options.ping_interval = 300ms;
        options.ping_timeout = 200ms;
        options.connect_timeout = 500ms;
        options.upgrade_timeout = 400ms;
    } else if (profile == "strict") {
        options = {.path = "/rt", .serve_client = false, .max_http_buffer_size = 1000};
    } else if (profile == "msgpack") {
        options.allow_eio3 = false;
        options.parser = msgpack_parser();
    } else if (profile == "deflate") {
        options.per_message_deflate = {.enabled = true, .threshold = 128};
        options.http_compression = engineio::HttpCompression{.threshold = 128};
    } else if (profile == "wsonly") {
        options.transports = {"websocket"};
    } else if (profile == "pollonly") {
        options.transports = {"polling"};
        options.cookie = CookieOptions{};
        options.cors =
            CorsOptions{.origin = std::vector<std::string>{"http://one.test", "http://two.test"},
                        .methods = {"GET", "POST"},
                        .allowed_headers = {"x-probe"},
                        .max_age = 600s};
    } else {
        return std::nullopt;
    }
    return options;
}

class ContractProfile final : public ServerProfile {
public:
    ContractProfile(ServerOptions options, Listen const& listen)
        : ServerProfile(with_headers(std::move(options)), listen) {
        install(io_.of("/"), reasons_);
        install(io_.of("/chat"), reasons_);
        install(greeting(io_.of("/hello")), reasons_);
        install(io_.of(std::regex("^/dyn-\\d+$")), reasons_);
        install(io_.of_matching([](std::string const& name, Json const& auth) {
            return name.starts_with("/fn-") && auth["ok"] == Json(true);
        }),
                reasons_);
        refuse();
        check_tokens();
    }

private:
    static ServerOptions with_headers(ServerOptions options) {
        options.initial_headers = [](auto& headers, Request const&) {
            engineio::net::set_header(headers, "x-contract-first", "1");
        };
        options.headers = [](auto& headers, Request const&) {
            engineio::net::set_header(headers, "x-contract-every", "1");
        };
        return options;
    }

    static HandlerRegistry& greeting(HandlerRegistry& nsp) {
        return nsp.on_connection([](Socket& s) {
            s.emit("welcome", Json::object({{"auth", s.handshake().auth()}}));
        });
    }

    void refuse() {
        install(io_.of("/deny").use([](Socket&) -> Admission {
            return ConnectError{"denied", Json::object({{"code", 4001},
                                                        {"hint", "no way"},
                                                        {"list", Json::array({1, nullptr})}})};
        }),
                reasons_);
        install(io_.of("/deny-plain").use([](Socket&) -> Admission {
            return ConnectError{"denied without data", std::nullopt};
        }),
                reasons_);
    }

    void check_tokens() {
        auto& token = io_.of("/token");
        token.use([](Socket& s) -> Task<Admission> {
            Json got = s.handshake().auth()["token"];
            if (auto const from_query = s.handshake().query("token"); got.is_null() && from_query) {
                got = *from_query;
            }
            if (got == Json("slow")) {
                co_await sleep_for(150ms);
            } else if (got != Json("letmein")) {
                co_return ConnectError{"bad token", Json::object({{"got", std::move(got)}})};
            }
            co_return Admission();
        });
        token.use([](Socket& s) {
            s.data().set("value", "passed");
            s.join("token-holders");
        });
        install(greeting(token), reasons_);
    }

    Reasons reasons_;
};

}  // namespace

std::unique_ptr<Profile> make_contract_profile(std::string_view name, Listen const& listen) {
    auto options = options_of(name, listen);
    return options ? std::make_unique<ContractProfile>(std::move(*options), listen) : nullptr;
}

}  // namespace conformance
