#include "tests/loopback/test_server.hpp"

#include "engineio/net/ws_handshake.hpp"

namespace loopback {

using namespace engineio::net;

namespace {

class EchoHandler final : public WsHandler {
public:
    explicit EchoHandler(TestServer& server) : server_(server) {}
    void on_open(WsConnection& connection) override { connection_ = &connection; }
    void on_text(std::string_view text) override {
        if (text == "close me") {
            connection_->close(4321, "as you wish");
        } else if (text == "flood") {
            std::string const megabyte(1 << 20, 'x');
            for (int i = 0; i < 40; ++i) {
                connection_->send(Message::make(MessageKind::binary, megabyte));
            }
        } else {
            connection_->send(Message::make(MessageKind::text, text));
        }
    }
    void on_binary(std::string_view bytes) override {
        connection_->send(Message::make(MessageKind::binary, bytes));
    }
    void on_drain() override { server_.note("drained"); }
    void on_close(std::uint16_t code, std::string_view error) override {
        server_.note("closed " + std::to_string(code) + " " + std::string(error));
    }

private:
    TestServer& server_;
    WsConnection* connection_ = nullptr;
};

void upgrade(TestServer& server, DeflateOptions const& deflate, Request const& request,
             Responder responder) {
    auto const header = [&](std::string_view name) { return request.header(name); };
    auto const result =
        check_upgrade({request.method, header("upgrade"), header("sec-websocket-key"),
                       header("sec-websocket-version"), header("sec-websocket-protocol"),
                       header("sec-websocket-extensions")},
                      deflate);
    if (!result) {
        Response refusal{result.status, {}, std::string(result.error), true};
        responder.respond(std::move(refusal));
        return;
    }
    WsOptions options;
    options.max_message_bytes = 100'000;
    options.deflate = result.deflate;
    options.deflate_threshold = deflate.threshold;
    options.key = std::string(header("sec-websocket-key"));
    responder.accept_websocket(std::make_unique<EchoHandler>(server), options,
                               {{"X-Custom", "yes"}});
}

}  // namespace

TestServer::TestServer(unsigned threads, Endpoint const& endpoint, HttpOptions options)
    : server_(std::make_unique<HttpServer>(threads)), options_(std::move(options)) {
    for (unsigned i = 0; i < threads; ++i) {
        routers_.push_back(std::make_unique<Router>());
    }
    port_ = listen(endpoint);
}

std::uint16_t TestServer::listen(Endpoint const& endpoint) {
    return server_->listen(endpoint, options_,
                           [this](unsigned index) -> HttpHandler& { return *routers_[index]; });
}

TestServer::~TestServer() {
    stop();
}

void TestServer::run() {
    thread_ = std::thread([this] { server_->run(); });
}

void TestServer::stop() {
    server_->stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void TestServer::note(std::string text) {
    std::lock_guard lock(mutex_);
    notes_.push_back(std::move(text));
}

std::string TestServer::wait_for_note(std::string const& prefix) {
    for (int i = 0; i < 500; ++i) {
        {
            std::lock_guard lock(mutex_);
            for (auto const& note : notes_) {
                if (note.starts_with(prefix)) {
                    return note;
                }
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return {};
}

void TestServer::serve_echo(DeflateOptions const& deflate) {
    for (auto& router : routers_) {
        router->add_path("/ws", [this, deflate](Request request, Responder responder) {
            upgrade(*this, deflate, request, std::move(responder));
        });
    }
}

std::string websocket_request(std::string const& extra_fields) {
    return "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
           extra_fields + "\r\n";
}

}  // namespace loopback
