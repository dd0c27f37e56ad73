// The profile ws-echo: WebSockets at any path, with nothing on top of them, that send back what
// they get. Of the options of eio-options it takes those of WebSocket.
#include "apps/conformance/profiles.hpp"

#include "engineio/net/ws_connection.hpp"
#include "engineio/net/ws_handshake.hpp"

#include <memory>
#include <string_view>
#include <utility>

namespace conformance {

namespace {

namespace net = engineio::net;

class RawEcho final : public net::WsHandler {
public:
    void on_open(net::WsConnection& connection) override { connection_ = &connection; }
    void on_text(std::string_view text) override { send(net::MessageKind::text, text); }
    void on_binary(std::string_view bytes) override { send(net::MessageKind::binary, bytes); }
    void on_drain() override {}
    void on_close(std::uint16_t, std::string_view) override {}

private:
    void send(net::MessageKind kind, std::string_view payload) {
        connection_->send(net::Message::make(kind, payload));
    }

    net::WsConnection* connection_ = nullptr;
};

class RawEchoes final : public net::HttpHandler {
public:
    explicit RawEchoes(engineio::Options const& options)
        : deflate_(options.per_message_deflate), max_message_bytes_(options.max_http_buffer_size) {}

    void on_request(net::Request request, net::Responder responder) override {
        auto const result = net::check_upgrade(net::upgrade_headers(request), deflate_);
        if (!result) {
            return responder.respond({result.status, {}, std::string(result.error), true});
        }
        net::WsOptions options;
        options.max_message_bytes = max_message_bytes_;
        options.deflate = result.deflate;
        options.deflate_threshold = deflate_.threshold;
        options.deflate_level = deflate_.level;
        options.key = request.header("sec-websocket-key");
        responder.accept_websocket(std::make_unique<RawEcho>(), options, {});
    }

private:
    net::DeflateOptions const deflate_;
    std::size_t const max_message_bytes_;
};

engineio::Options options_of(Listen const& listen) {
    auto const json = socketio::Json::parse(listen.engine_options);
    return engine_wishes(json ? *json : socketio::Json::object()).options;
}

class RawEchoProfile final : public Profile {
public:
    explicit RawEchoProfile(Listen const& listen)
        : listen_(listen), echoes_(options_of(listen)), server_(listen.threads) {
        server_.on_termination([this] { server_.stop(); });
    }
    std::uint16_t listen() override {
        socketio::Endpoint endpoint;
        endpoint.host = listen_.host;
        endpoint.port = listen_.port;
        return server_.listen(endpoint, {},
                              [this](unsigned) -> net::HttpHandler& { return echoes_; });
    }
    void run() override { server_.run(); }

private:
    Listen const listen_;
    RawEchoes echoes_;
    net::HttpServer server_;
};

}  // namespace

std::unique_ptr<Profile> make_raw_profile(std::string_view name, Listen const& listen) {
    return name == "ws-echo" ? std::make_unique<RawEchoProfile>(listen) : nullptr;
}

}  // namespace conformance
