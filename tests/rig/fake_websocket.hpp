#pragma once

#include "engineio/net/ws_connection.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rig {

// The client's end of a raw WebSocket without a socket: what its handler sent, and a kernel that
// takes everything unless told to be `full`. Calls to the handler belong into a shard's turn.
class FakeWebSocket final : public engineio::net::WsConnection {
public:
    explicit FakeWebSocket(std::unique_ptr<engineio::net::WsHandler> handler)
        : handler_(std::move(handler)) {
        handler_->on_open(*this);
    }
    ~FakeWebSocket() override { end(1006); }

    void say(std::string_view text) { handler_->on_text(text); }
    void say_binary(std::string_view bytes) { handler_->on_binary(bytes); }
    // What came since the last call.
    std::vector<std::string> take() { return std::exchange(received_, {}); }
    // The connection is over: as WebSocket tells it after close(), or because the client has gone.
    void end(std::uint16_t code) {
        if (auto const handler = std::exchange(handler_, nullptr)) {
            handler->on_close(code, {});
        }
    }
    // The kernel takes what it did not while full.
    void drain() {
        buffered_ = 0;
        handler_->on_drain();
    }

    void send(engineio::net::Message message) override {
        received_.emplace_back(message.payload());
        last_ = message;
        buffered_ += full ? message.frame().size() : 0;
    }
    void close(std::optional<std::uint16_t> code, std::string_view reason) override {
        closed = std::to_string(code.value_or(0)) + " " + std::string(reason);
    }
    void tell_drained(bool) override {}
    void pause_reading(bool) override {}
    bool reading_paused() const override { return false; }
    bool writable() const override { return buffered_ == 0; }
    std::size_t buffered_bytes() const override { return buffered_; }

    engineio::net::Message const& last() const { return last_; }

    bool full = false;
    std::string closed;  // "<code> <reason>" once the server closes

private:
    std::unique_ptr<engineio::net::WsHandler> handler_;
    std::vector<std::string> received_;
    engineio::net::Message last_;
    std::size_t buffered_ = 0;
};

}  // namespace rig
