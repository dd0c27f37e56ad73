#pragma once

#include "engineio/net/connection.hpp"
#include "engineio/net/deflate.hpp"
#include "engineio/net/peer_rates.hpp"
#include "engineio/net/ws_codec.hpp"
#include "engineio/net/ws_connection.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace engineio::net {

// What stands behind WsConnection: the decoder, the close handshake and, if negotiated,
// compression, on top of a Connection. Owned by that Connection as its handler.
//
//   state   | close() called          | peer's close frame        | violation      | end of stream
//   --------+-------------------------+---------------------------+----------------+---------------
//   open    | send it -> closing      | echo, end TCP -> closed   | send code, end | end, 1006
//   closing | nothing                 | end TCP -> closed         | end            | end
//
// The handler hears on_close() once: with the first of these that happens.
class WebSocket final : public WsConnection, public ConnectionHandler, private WsDecoder::Sink {
public:
    WebSocket(Connection& connection, std::unique_ptr<WsHandler> handler, WsOptions const& options);
    ~WebSocket() override;

    void open();

    void send(Message message) override;
    void close(std::optional<std::uint16_t> code, std::string_view reason) override;
    void pause_reading(bool pause) override {
        pause ? connection_.pause_reading() : connection_.resume_reading();
    }
    bool reading_paused() const override { return connection_.reading_paused(); }
    void tell_drained(bool tell) override { connection_.tell_drained(tell); }
    bool writable() const override { return connection_.drained(); }
    std::size_t buffered_bytes() const override { return connection_.buffered_bytes(); }

    void on_bytes(std::span<char> bytes) override;
    void on_held_input() override;
    void on_drain() override;
    void on_end(std::string_view error) override;
    bool parting() const override { return state_ == State::closing; }

private:
    enum class State : std::uint8_t { open, closing, closed };

    struct Compression {
        Deflater deflater;
        Inflater inflater;
        std::size_t threshold;     // of outgoing payloads
        bool shared;               // no context: whoever has the same terms sends the same bytes
        std::uint8_t terms;        // which those are, as a key of Message::variant()
        std::size_t inflated = 0;  // bytes, since decoding began to go on
    };

    // Only for those that ask for it.
    struct Heartbeat {
        Heartbeat(WebSocket& owner, std::chrono::milliseconds interval)
            : interval(interval),
              timer([](void* self) { static_cast<WebSocket*>(self)->beat(); }, &owner) {}
        std::chrono::milliseconds interval;
        bool heard = true;  // anything since the last ping
        bool missed = false;
        Timer timer;
    };

    void on_message(MessageKind kind, std::string_view payload, bool compressed) override;
    void on_ping(std::string_view payload) override;
    void on_pong(std::string_view payload) override;
    void on_close(std::uint16_t code, std::string_view reason) override;
    void on_error(std::uint16_t code, std::string_view text) override;
    bool wants_more() override { return state_ != State::closed; }
    bool wants_more_now() override;

    void decode(std::span<char> bytes);
    Message deflated(Message const& message);
    bool inflate(MessageKind kind, std::string_view payload, std::string& out);
    bool counts_packet();
    void refuse_rate(std::string_view limit);
    void tell_closed(std::uint16_t code, std::string_view error);
    void beat();

    Connection& connection_;
    std::unique_ptr<WsHandler> handler_;
    WsDecoder decoder_;
    std::unique_ptr<Compression> compression_;
    std::unique_ptr<Heartbeat> heartbeat_;
    std::unique_ptr<PeerRates> rates_;
    std::unique_ptr<std::string> kept_;  // input for a later turn
    OneShot close_timer_;
    std::uint32_t packets_ = 0;  // since decoding began to go on
    State state_ = State::open;
};

}  // namespace engineio::net
