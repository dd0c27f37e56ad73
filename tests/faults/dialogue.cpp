#include "tests/faults/dialogue.hpp"

#include <chrono>
#include <filesystem>
#include <future>
#include <iterator>
#include <thread>

namespace faults {

using namespace std::chrono_literals;
using loopback::RawClient;
using loopback::RunningServer;

namespace {

constexpr int binary_frame = 0x82;
constexpr auto ping = "2";
// Heartbeats that may come instead of an answer; then there will be none.
constexpr int patience = 2;

// One end of the dialogue; after the server has gone every call is a no-op.
class Client {
public:
    explicit Client(std::uint16_t port) : port_(port), http_(std::make_unique<RawClient>(port)) {}

    std::string heard;  // without ids

    void handshake() {
        auto const body = request("GET", "");
        alive_ = alive_ && body.starts_with(R"(0{"sid":")");
        sid_ = alive_ ? body.substr(9, 20) : "";
        note(alive_ ? "opened" : "");
    }
    void post(std::string const& packets) { note(request("POST", packets)); }
    void poll() {
        auto body = request("GET", "");
        for (int i = 0; i < patience && body == ping; ++i) {
            request("POST", "3");
            body = request("GET", "");
        }
        alive_ = alive_ && body != ping;
        note(body.starts_with("40{") ? body.substr(0, 3) + body.substr(body.find('}')) : body);
    }
    void upgrade() {
        if (!alive_) {
            return;
        }
        ws_ = std::make_unique<RawClient>(port_);
        ws_->send(loopback::websocket_session("&sid=" + sid_));
        alive_ = ws_->read_until("\r\n\r\n").starts_with("HTTP/1.1 101 ");
        say("2probe");
        read();
        say("5");
    }
    void say(std::string const& text) {
        alive_ = alive_ && ws_->send_frame(loopback::text_frame, text);
    }
    void say_binary(std::string const& bytes) {
        alive_ = alive_ && ws_->send_frame(binary_frame, bytes);
    }
    void read() {
        int first = 0;
        auto text = alive_ ? ws_->read_frame(first) : "";
        for (int i = 0; i < patience && text == ping; ++i) {
            say("3");
            text = ws_->read_frame(first);
        }
        alive_ = alive_ && text != ping && (first == loopback::text_frame || first == binary_frame);
        note(alive_ ? text : "");
    }
    void end() {
        if (http_->stuck() || (ws_ && ws_->stuck())) {
            heard += "stuck\n";
        }
        if (alive_) {
            ws_->send_frame(loopback::close_frame, "");
            ws_->read_all();
            note("closed");
        }
    }

private:
    std::string request(std::string const& method, std::string const& body) {
        if (!alive_) {
            return {};
        }
        auto const length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
        http_->send(method + " /socket.io/?EIO=4&transport=polling" +
                    (sid_.empty() ? "" : "&sid=" + sid_) + " HTTP/1.1\r\nHost: h\r\n" +
                    (method == "POST" ? length : "") + "\r\n" + body);
        auto const answer = http_->read_answer();
        alive_ = answer.starts_with("HTTP/1.1 200 ");
        return alive_ ? answer.substr(answer.find("\r\n\r\n") + 4) : "";
    }
    void note(std::string const& text) { heard += alive_ ? text + "\n" : ""; }

    std::uint16_t port_;
    std::unique_ptr<RawClient> http_;
    std::unique_ptr<RawClient> ws_;
    std::string sid_;
    bool alive_ = true;
};

}  // namespace

std::string dialogue(std::uint16_t port) {
    Client client(port);
    client.handshake();
    client.post("40");
    client.poll();
    client.post(R"(42["echo","by polling"])");
    client.poll();
    client.upgrade();
    client.say(R"(42["echo","by WebSocket"])");
    client.read();
    client.say(R"(451-7["echo",{"_placeholder":true,"num":0}])");
    client.say_binary("bytes");
    client.read();
    client.read();
    client.read();
    client.say(R"(42["much"])");
    client.read();
    client.end();
    return client.heard;
}

std::string greeting(std::uint16_t port) {
    Client client(port);
    client.handshake();
    client.post("40");
    client.poll();
    client.post("1");
    return client.heard;
}

std::unique_ptr<RunningServer> make_server(unsigned threads) {
    socketio::ServerOptions options;
    options.threads = threads;
    options.ping_interval = 300ms;
    options.ping_timeout = 200ms;
    auto server = std::make_unique<RunningServer>(std::move(options));
    server->io.on("echo", [](socketio::Socket& socket, socketio::Json value) {
        socket.emit("echo", value);
        return "done";
    });
    server->io.on("much",
                  [](socketio::Socket& socket) { socket.emit("much", std::string(3000, 'x')); });
    server->run();
    return server;
}

engineio::net::Metrics metrics_of(RunningServer& server) {
    engineio::net::Metrics sum;
    auto& runtime = server.io.runtime();
    for (unsigned i = 0; i < runtime.shard_count(); ++i) {
        std::promise<engineio::net::Metrics> answer;
        runtime.shard(i).post([&] { answer.set_value(runtime.shard(i).metrics()); });
        sum += answer.get_future().get();
    }
    return sum;
}

bool is_clean(RunningServer& server) {
    for (auto const end = std::chrono::steady_clock::now() + 5s;
         std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(5ms)) {
        auto const now = metrics_of(server);
        if (now.connections + now.websockets + now.sessions + now.sockets + now.pending_acks +
                now.buffered_bytes ==
            0) {
            return true;
        }
    }
    return false;
}

std::size_t open_descriptors() {
    std::filesystem::directory_iterator const all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace faults
