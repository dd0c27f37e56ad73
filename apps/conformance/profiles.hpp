#pragma once

#include "socketio/socketio.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conformance {

struct Listen {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    unsigned threads = 1;
    std::string client_dir;
    std::string engine_options;  // JSON, of the profile eio-options
    std::string tls_cert;        ///< empty: plain HTTP
    std::string tls_key;
    std::string recovery_file;  ///< of the profile recovery; empty: none
    bool drain = false;         ///< at the first signal, in batches of two; else it closes

    std::optional<socketio::TlsOptions> tls() const;
};

/// One running profile of CONTRACT.md.
class Profile {
public:
    virtual ~Profile() = default;
    virtual std::uint16_t listen() = 0;
    /// Serves until SIGTERM or SIGINT.
    virtual void run() = 0;
};

/// Null for an unknown name.
std::unique_ptr<Profile> make_profile(std::string_view name, Listen const& listen);

// The families make_profile chooses from; null if the name is not theirs.
std::unique_ptr<Profile> make_contract_profile(std::string_view name, Listen const& listen);
std::unique_ptr<Profile> make_suite_profile(std::string_view name, Listen const& listen);
std::unique_ptr<Profile> make_engine_profile(std::string_view name, Listen const& listen);
std::unique_ptr<Profile> make_api_profile(std::string_view name, Listen const& listen);
std::unique_ptr<Profile> make_raw_profile(std::string_view name, Listen const& listen);

/// What the profile eio-options is told: Node's option names, and words for functions.
struct EngineWishes {
    engineio::Options options;
    std::vector<engineio::Middleware> middlewares;
};
/// Throws std::invalid_argument for what it does not know.
EngineWishes engine_wishes(socketio::Json const& wishes);

/// A profile that is a Socket.IO server.
class ServerProfile : public Profile {
public:
    ServerProfile(socketio::ServerOptions options, Listen const& listen);
    std::uint16_t listen() override { return io_.listen(); }
    void run() override { io_.run(); }

protected:
    socketio::Server io_;
};

/// What every profile answers where no engine owns the path: /plain, else 404.
void answer_plain(socketio::Request const& request, socketio::Responder responder);

}  // namespace conformance
