#pragma once

#include "engineio/limits.hpp"
#include "engineio/net/deflate.hpp"
#include "engineio/net/websocket.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>

namespace rig {

using namespace engineio;
using namespace engineio::net;

inline constexpr auto share = limits::max_inflated_bytes_per_turn;

// Masked with zeros.
inline std::string frame(int first, std::string_view payload) {
    std::array<char, 10> head;
    auto const size =
        encode_header(head.data(), static_cast<Opcode>(first & 0x0F), payload.size(), false);
    head[0] = static_cast<char>(first);
    head[1] = static_cast<char>(head[1] | '\x80');
    return std::string(head.data(), size) + std::string(4, '\0') + std::string(payload);
}

inline std::string plain(std::string_view text) {
    return frame(0x81, text);
}

// A message that nobody takes for another one: its first byte.
inline std::string text_of(char name, std::size_t bytes) {
    return std::string(1, name) + std::string(bytes - 1, '.');
}

inline std::string deflated(char name, std::size_t bytes) {
    return frame(0xC1, Deflater(false).compress(text_of(name, bytes)));
}

// Both ends of one WebSocket on a shard whose turns the test takes. Its user handles a message
// where sessions do, in the dispatch phase, and is asked by `then` what else to do about it.
class Pair final : public WsHandler {
public:
    explicit Pair(WsOptions options = with_deflate())
        : own_(std::make_unique<IoShard>(0)), shard_(own_.get()) {
        open(options);
    }
    Pair(IoShard& other, WsOptions options) : shard_(&other) { open(options); }
    ~Pair() override {
        if (handler_) {
            shard().enter([this] { connection_->shut(); });
        }
    }

    static WsOptions with_deflate() {
        WsOptions options;
        options.deflate = NegotiatedDeflate{true, true, 15, 15, {}};
        return options;
    }

    IoShard& shard() { return *shard_; }

    // The peer's side.
    void say(std::string const& bytes) {
        REQUIRE(::send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }
    void end_output() { ::shutdown(peer_.get(), SHUT_WR); }
    void go_away() { peer_ = {}; }
    std::string take() {
        std::string bytes(1 << 20, '\0');
        auto const count = ::recv(peer_.get(), bytes.data(), bytes.size(), 0);
        bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        return bytes;
    }

    // What is ready is read, once.
    void read() {
        shard().poller().collect();
        while (shard().poller().has_collected()) {
            shard().enter([this] { shard().serve([this] { shard().poller().serve_one(); }); });
        }
    }
    // The next that holds input goes on; false if nobody does.
    bool go_on() {
        shard().context().restart();
        return shard().context().poll_one() != 0;
    }
    void finish() {
        for (int quiet = 0; quiet < 3; ++quiet) {
            while (go_on()) {
                quiet = 0;
            }
            read();
        }
    }

    WsConnection& socket() { return *socket_; }
    bool held_off() { return handler_ && connection_->held_off(); }
    Connection& connection() { return *connection_; }

    void on_open(WsConnection& connection) override { socket_ = &connection; }
    void on_text(std::string_view text) override {
        waiting_ += text.size();
        peak = std::max(peak, waiting_);
        shard().defer([this, text = std::string(text)] {
            waiting_ -= text.size();
            seen += text.front();
            if (then) {
                then(text.front());
            }
        });
    }
    void on_binary(std::string_view) override {}
    void on_drain() override { ++drains; }
    void on_close(std::uint16_t code, std::string_view error) override {
        if (when_closed) {
            when_closed();
        }
        shard().defer([this, told = std::to_string(code) + std::string(error)] {
            seen += "|" + told;
            handler_ = false;
        });
    }

    std::function<void(char)> then;
    std::function<void()> when_closed;
    int drains = 0;
    std::string seen;  // first bytes of the messages handled, and "|" with how it ended
    std::size_t peak = 0;

private:
    // Owned by the WebSocket, which may end before the test does.
    struct Forwarder final : WsHandler {
        explicit Forwarder(Pair& pair) : pair(pair) {}
        void on_open(WsConnection& connection) override { pair.on_open(connection); }
        void on_text(std::string_view text) override { pair.on_text(text); }
        void on_binary(std::string_view bytes) override { pair.on_binary(bytes); }
        void on_drain() override { pair.on_drain(); }
        void on_close(std::uint16_t code, std::string_view error) override {
            pair.on_close(code, error);
        }
        Pair& pair;
    };

    void open(WsOptions const& options) {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
        peer_ = UniqueFd(ends[1]);
        shard_->enter([&] {
            Handoff handoff{UniqueFd(ends[0]), "peer", {}, {}};
            auto connection = std::make_unique<Connection>(*shard_, std::move(handoff));
            connection_ = connection.get();
            shard_->own(std::move(connection));
            auto socket = std::make_unique<WebSocket>(*connection_,
                                                      std::make_unique<Forwarder>(*this), options);
            auto& opened = *socket;
            connection_->start(std::move(socket), {});
            opened.open();
        });
    }

    std::unique_ptr<IoShard> own_;  // null: another pair's
    IoShard* shard_;
    UniqueFd peer_;
    Connection* connection_ = nullptr;
    WsConnection* socket_ = nullptr;
    bool handler_ = true;
    std::size_t waiting_ = 0;
};

}  // namespace rig
