// hubbub-conformance: stands in for a Node backend in conformance runs; see README "Tests".

#include "apps/conformance/profiles.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <exception>

namespace conformance {

namespace {

using socketio::Task;

socketio::ServerOptions with_listen(socketio::ServerOptions options, Listen const& listen) {
    options.host = listen.host;
    options.port = listen.port;
    options.threads = listen.threads;
    options.client_dir = listen.client_dir;
    options.tls = listen.tls();
    return options;
}

}  // namespace

ServerProfile::ServerProfile(socketio::ServerOptions options, Listen const& listen)
    : io_(with_listen(std::move(options), listen)) {
    io_.on_http([this](socketio::Request request, socketio::Responder responder) -> Task<void> {
        if (request.path() != "/metrics") {
            answer_plain(request, std::move(responder));
            co_return;
        }
        auto const metrics = co_await io_.metrics();  // for the soak
        responder.respond({.headers = {}, .body = socketio::prometheus_text(metrics)});
    });
    if (listen.drain) {
        io_.drain_on_signals({.batch = 2, .interval = std::chrono::milliseconds(20)});
    } else {
        io_.close_on_signals();
    }
    if (io_.options().tls) {
        io_.reload_certificates_on_hangup();
    }
}

std::optional<socketio::TlsOptions> Listen::tls() const {
    if (tls_cert.empty()) {
        return {};
    }
    return socketio::TlsOptions{.certificate_file = tls_cert, .key_file = tls_key};
}

void answer_plain(socketio::Request const& request, socketio::Responder responder) {
    bool const plain = request.path() == "/plain";
    responder.respond({.status = plain ? 200 : 404,
                       .headers = {{"content-type", "text/plain"}},
                       .body = plain ? "plain ok" : "not found"});
}

std::unique_ptr<Profile> make_profile(std::string_view name, Listen const& listen) {
    for (auto const make : {make_contract_profile, make_suite_profile, make_engine_profile,
                            make_api_profile, make_raw_profile}) {
        if (auto profile = make(name, listen)) {
            return profile;
        }
    }
    return nullptr;
}

}  // namespace conformance

int main(int argc, char** argv) {
    CLI::App app{"Hubbub's conformance server: the profiles of the conformance contract."};
    std::string name = "main";
    conformance::Listen listen;
    app.add_option("--profile", name, "which profile to serve")->capture_default_str();
    app.add_option("--port", listen.port, "0 takes a free one")->capture_default_str();
    app.add_option("--host", listen.host, "address to listen on")->capture_default_str();
    app.add_option("--threads", listen.threads, "shards; 0: one per core")->capture_default_str();
    app.add_option("--client-dir", listen.client_dir, "folder of the browser bundles")
        ->envname("HUBBUB_CLIENT_DIR");
    app.add_option("--options", listen.engine_options, "JSON options of the profile eio-options");
    auto* const cert = app.add_option("--tls-cert", listen.tls_cert, "certificate chain (PEM)");
    app.add_option("--tls-key", listen.tls_key, "its key; SIGHUP reads both again")->needs(cert);
    app.add_option("--recovery-file", listen.recovery_file,
                   "where the profile recovery keeps its state between two runs");
    app.add_flag("--drain", listen.drain, "SIGTERM sends the clients away in batches");
    CLI11_PARSE(app, argc, argv);
    try {
        auto const profile = conformance::make_profile(name, listen);
        if (!profile) {
            std::fprintf(stderr, "unknown profile: %s\n", name.c_str());
            return 2;
        }
        std::printf("READY %u\n", static_cast<unsigned>(profile->listen()));
        std::fflush(stdout);
        profile->run();
    } catch (std::exception const& error) {
        std::fprintf(stderr, "hubbub-conformance: %s\n", error.what());
        return 1;
    }
    return 0;
}
