#pragma once

#include "tests/bench/stream.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

class WebSocketClient;

// Who a client tells what happens to it.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void on_connected(WebSocketClient& client) = 0;
    // An Engine.IO message: the text behind its '4', or binary data.
    virtual void on_message(WebSocketClient& client, std::string_view data, bool binary) = 0;
    virtual void on_ping() {}
};

// A Socket.IO client in the namespace "/" over a WebSocket that masks with a real key. Anything
// the protocol does not expect is a complaint.
class WebSocketClient final : public Stream {
public:
    WebSocketClient(Loop& loop, Observer& observer, std::uint32_t number);

    // `sid`: of a polling session that is to be upgraded.
    void start(std::uint16_t port, std::string_view sid = {});
    bool connected() const { return state_ == State::connected; }
    std::uint32_t number() const { return number_; }
    void send_text(std::string_view engine_packet) { append_frame(0x1, engine_packet); }
    void send_binary(std::string_view bytes) { append_frame(0x2, bytes); }

    // For the scenario's bookkeeping.
    std::uint64_t sent = 0;
    std::uint64_t received = 0;

private:
    enum class State : std::uint8_t { switching, opening, probing, connecting, connected };

    std::size_t on_bytes(std::string_view bytes) override;
    void on_lost() override;
    std::size_t take_frame(std::string_view bytes);
    std::size_t take_head(std::string_view bytes);
    void on_frame(int opcode, std::string_view payload);
    void on_packet(std::string_view packet);
    void append_frame(int opcode, std::string_view payload);

    Observer& observer_;
    std::uint32_t number_;
    std::uint32_t key_;
    State state_ = State::switching;
    bool upgrading_ = false;
};

}  // namespace bench
