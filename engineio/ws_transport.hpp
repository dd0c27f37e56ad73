#pragma once

#include "engineio/net/ws_connection.hpp"
#include "engineio/transport.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace engineio {

struct Packet;

// Engine.IO packets as WebSocket messages (reference-behaviour 4): text frames as they are, binary
// frames raw (revision 3: behind a byte 4), or base64 in text frames if the client asked for it.
// Owned by its WebSocket connection; knows its session until either ends.
class WsTransport final : public Transport, public net::WsHandler {
public:
    // Called once when the 101 is out: gives the transport to a session with bind(). If it does
    // not, the WebSocket is closed at once with an empty close frame.
    using Start = std::function<void(WsTransport&)>;

    WsTransport(int protocol, bool base64_only, Start start);
    ~WsTransport() override;

    void bind(Session& session) { session_ = &session; }

    TransportName name() const override { return TransportName::websocket; }
    bool accepts() const override { return connection_ != nullptr; }
    bool writable() const override { return connection_ && connection_->writable(); }
    void send(std::span<Outgoing const> packets) override;
    bool close(bool discard) override;
    std::size_t buffered_bytes() const override;
    // Its connection sees to that by itself.
    void flush() override {}
    void drop_output() override {}
    void tell_drained(bool tell) override;
    void pause_reading(bool pause) override;
    bool reading_paused() const override;

    void on_open(net::WsConnection& connection) override;
    void on_text(std::string_view text) override;
    void on_binary(std::string_view bytes) override;
    void on_drain() override;
    void on_close(std::uint16_t code, std::string_view error) override;

private:
    void deliver(std::optional<Packet> const& packet);
    void send_binary(net::Message const& message);

    int protocol_;
    bool base64_only_;
    Start start_;
    Session* session_ = nullptr;
    net::WsConnection* connection_ = nullptr;  // nullptr once it is closing
};

}  // namespace engineio
