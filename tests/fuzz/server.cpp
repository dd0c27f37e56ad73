// The whole server, fed with a script of bytes, cuts and time on four connections of two shards.
// It must end clean, and an ordinary client must be served after whatever has happened.
//
// The script: a byte of options, then steps. A step's first byte says what (below 16) and on which
// connection (two bits above); most are followed by a length and so many bytes.

#include "engineio/net/ws_codec.hpp"
#include "socketio/namespace.hpp"
#include "socketio/parent_namespace.hpp"
#include "socketio/raw_json.hpp"
#include "socketio/socketio.hpp"
#include "tests/fuzz/machine.hpp"
#include "tests/fuzz/targets.hpp"

#include <array>
#include <chrono>
#include <string>
#include <vector>

namespace fuzz {
namespace server_target {

using namespace socketio;
using namespace std::chrono_literals;
using engineio::net::Opcode;

constexpr std::size_t max_message_bytes = 20'000;

// What applications do in handlers, in few words.
void talk(HandlerRegistry& nsp) {
    nsp.on("echo", [](Args const& args) { return args; });
    nsp.on("join", [](Socket& socket, std::string const& room) { socket.join(room); });
    nsp.on("leave", [](Socket& socket, std::string const& room) { socket.leave(room); });
    nsp.on("say", [](Socket& socket, std::string const& room, Json const& what) {
        socket.to(room).emit("said", what);
    });
    nsp.on("all", [](Socket& socket, Json const& what) { socket.nsp().emit("said", what); });
    nsp.on("relay",
           [](Socket& socket, RawJson const& what) { socket.broadcast().emit("relayed", what); });
    nsp.on("ask", [](Socket& socket) -> Task<Json> {
        auto const answer = co_await socket.timeout(2s).emit_with_ack<Json>("what");
        co_return answer ? *answer : Json(nullptr);
    });
    nsp.on("later", [](std::uint32_t how_much) -> Task<std::uint32_t> {
        co_await sleep_for(std::chrono::milliseconds(how_much % 5000));
        co_return how_much;
    });
    nsp.on("flood", [](Socket& socket, std::uint16_t bytes) {
        socket.volatile_().emit("flood", std::string(bytes, 'f'));
        socket.emit("flood", Binary{std::string(bytes, 'b')});
    });
    nsp.on("fail", [](Socket&) { throw std::runtime_error("as asked"); });
    nsp.on("bye", [](Socket& socket, bool close) { socket.disconnect(close); });
}

void set_up(Core& core, std::set<Socket*>&) {
    auto& io = core.of("/", {});
    talk(io);
    io.use_event([](Socket&, Event const& event) -> Admission {
        return event.name == "secret" ? Admission(ConnectError{"no", std::nullopt}) : Admission();
    });
    auto& admin = core.of("/admin", {});
    admin.use([](Socket& socket) -> Task<Admission> {
        co_await sleep_for(50ms);
        co_return socket.handshake().auth()["token"].is_string()
            ? Admission()
            : Admission(ConnectError{"who?", std::nullopt});
    });
    talk(admin);
    talk(core.of_matching(
        [](std::string const& name, Json const&) { return name.starts_with("/room-"); }, true));
    core.on_http([](Request request, Responder responder) {
        auto const held = std::make_shared<Responder>(std::move(responder));
        held->read_body(1000, [held, path = std::string(request.path())](auto, std::string body) {
            held->respond({.status = 200, .headers = {}, .body = path + body});
        });
    });
}

ServerOptions options_of(std::uint8_t flags) {
    ServerOptions options;
    options.max_http_buffer_size = max_message_bytes;
    options.allow_eio3 = (flags & 1) != 0;
    options.per_message_deflate.enabled = (flags & 2) != 0;
    options.per_message_deflate.threshold = 16;
    options.cleanup_empty_child_namespaces = (flags & 8) != 0;
    if ((flags & 4) != 0) {
        options.connection_state_recovery = RecoveryOptions{5s, (flags & 16) != 0};
    }
    if ((flags & 32) != 0) {
        options.parser = msgpack_parser();
    }
    options.cors = engineio::CorsOptions{.origin = engineio::CorsOptions::Reflect{}};
    return options;
}

constexpr std::string_view upgrade_fields =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string masked(std::uint8_t first_byte, std::string payload) {
    char head[10];
    auto const size = engineio::net::encode_header(head, Opcode::text, payload.size());
    head[0] = static_cast<char>(first_byte);
    head[1] = static_cast<char>(head[1] | 0x80);
    constexpr std::uint32_t key = 0x5a17c3e9;
    engineio::net::apply_mask(payload, key);
    return std::string(head, size).append(reinterpret_cast<char const*>(&key), 4) + payload;
}

class Script {
public:
    explicit Script(Input input)
        : input_(input), machine_(options_of(flags_ = input_.byte()), set_up) {}

    void run() {
        for (std::size_t i = 0; i < wires_.size(); ++i) {
            machine_.open(wires_[i], i % Machine::shard_count, false);
        }
        constexpr int most_steps = 120;
        for (int i = 0; i < most_steps && !input_.empty(); ++i) {
            auto const byte = input_.byte();
            step(byte & 15U, byte >> 4 & 3U);
            machine_.check_bounds(wires_.size());
        }
        serve_an_ordinary_client();
        for (auto& wire : wires_) {
            machine_.close(wire);
        }
        machine_.advance(200s);
        machine_.check_clean();
    }

private:
    void step(unsigned what, unsigned index) {
        auto& wire = wires_[index];
        switch (what) {
        case 0:
            return machine_.open(wire, input_.byte() % Machine::shard_count, index == 3);
        case 1:
            return machine_.close(wire);
        case 2:
            return machine_.end_stream(wire);
        case 3:
            return machine_.receive(wire, 1U << (input_.byte() % 18));
        case 4:
            return pass_time(input_.byte());
        case 5:
            return machine_.send(wire, payload());
        case 6:  // a request as clients send them
        case 7:
            return request(wire);
        case 8: {  // any frame
            auto const first = input_.byte();
            return machine_.send(wire, masked(first, payload()));
        }
        case 9:  // a message
            return machine_.send(wire, masked(0x81, payload()));
        case 10:
            return machine_.send(wire, masked(0x82, payload()));
        case 11: {  // more than one event may come in one read, cut anywhere
            auto const frames = masked(0x81, "42" + payload()) + masked(0x81, "42" + payload());
            auto const cut = input_.byte() % frames.size();
            machine_.send(wire, std::string_view(frames).substr(0, cut));
            return machine_.send(wire, std::string_view(frames).substr(cut));
        }
        case 12:  // as if a megabyte had come
            return machine_.send(wire, std::string(std::size_t{input_.byte()} * 256, 'x'));
        default:
            return machine_.send(wire, masked(0x81, "42" + payload()));
        }
    }

    std::string payload() {
        auto const size = input_.byte();
        return std::string(input_.take(size));
    }

    void pass_time(std::uint8_t how_much) {
        constexpr std::array<std::chrono::milliseconds, 8> times = {1ms, 60ms, 1s,  3s,
                                                                    6s,  26s,  46s, 130s};
        machine_.advance(times[how_much % times.size()]);
    }

    // With the session of the connection that the second byte names.
    void request(Wire& wire) {
        auto const form = input_.byte();
        auto& owner = wires_[form >> 4 & 3U];
        machine_.receive(owner, 1U << 20);
        std::string const query = form & 128 ? "?EIO=3&transport=" : "?EIO=4&transport=";
        std::string const session = "&sid=" + owner.sid;
        std::string const host = " HTTP/1.1\r\nHost: h\r\n";
        auto const send = [&](std::string const& head, std::string const& fields,
                              std::string const& body = {}) {
            machine_.send(wire, head + host + fields + "\r\n" + body);
        };
        std::string const polling = "/socket.io/" + query + "polling";
        std::string const websocket = "/socket.io/" + query + "websocket";
        switch (form & 7U) {
        case 0:
            return send("GET " + polling, "Origin: http://o\r\n");
        case 1:
            return send("GET " + polling + session, "Accept-Encoding: gzip\r\n");
        case 2: {
            auto const body = payload();
            return send("POST " + polling + session,
                        "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
        }
        case 3:
            return send("GET " + websocket, std::string(upgrade_fields));
        case 4:
            return send("GET " + websocket + session, std::string(upgrade_fields));
        case 5:
            return send("GET " + websocket, std::string(upgrade_fields) +
                                                "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        case 6: {
            auto const body = "d=" + payload();
            return send("POST " + polling + session + "&j=1",
                        "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
        }
        default: {
            auto const body = payload();
            return send("POST /other", "Content-Length: " + std::to_string(body.size()) + "\r\n",
                        body);
        }
        }
    }

    void serve_an_ordinary_client() {
        Wire wire;
        machine_.open(wire, flags_ % Machine::shard_count, false);
        bool const msgpack = (flags_ & 32) != 0;
        machine_.send(wire, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\n" +
                                std::string(upgrade_fields) + "\r\n");
        machine_.receive(wire, 1U << 20);
        FUZZ_CHECK(wire.received.starts_with("HTTP/1.1 101 "));
        if (msgpack) {
            using namespace std::string_literals;
            machine_.send(wire, masked(0x82, "\x82\xa4type\0\xa3nsp\xa1/"s));
            machine_.receive(wire, 1U << 20);
            FUZZ_CHECK(wire.received.find("\xa3sid") != std::string::npos);
        } else {
            machine_.send(wire, masked(0x81, "40"));
            machine_.send(wire, masked(0x81, R"(427["echo","ordinary"])"));
            machine_.receive(wire, 1U << 20);
            FUZZ_CHECK(wire.received.find(R"(437["ordinary"])") != std::string::npos);
        }
        machine_.close(wire);
    }

    Input input_;
    std::uint8_t flags_ = 0;
    Machine machine_;
    std::array<Wire, 4> wires_;
};

}  // namespace server_target

void server(Bytes bytes) {
    server_target::Script(Input(bytes)).run();
}

}  // namespace fuzz
