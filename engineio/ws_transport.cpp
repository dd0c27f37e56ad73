#include "engineio/ws_transport.hpp"

#include "engineio/packet.hpp"
#include "engineio/session.hpp"

#include <string>
#include <utility>

namespace engineio {

WsTransport::WsTransport(int protocol, bool base64_only, Start start)
    : protocol_(protocol), base64_only_(base64_only), start_(std::move(start)) {}

WsTransport::~WsTransport() {
    if (session_) {
        session_->forget(*this);
    }
}

void WsTransport::on_open(net::WsConnection& connection) {
    connection_ = &connection;
    connection.tell_drained(false);
    // It holds the request, which is not needed any more afterwards.
    auto const start = std::exchange(start_, nullptr);
    start(*this);
    if (!session_) {
        close(true);
    }
}

void WsTransport::send(std::span<Outgoing const> packets) {
    for (auto const& packet : packets) {
        if (packet.message.kind() == net::MessageKind::text) {
            connection_->send(packet.message);
        } else {
            send_binary(packet.message);
        }
    }
}

void WsTransport::send_binary(net::Message const& message) {
    if (base64_only_) {
        std::string text;
        append_text_form(text, message, protocol_);
        connection_->send(net::Message::make(net::MessageKind::text, text));
    } else if (protocol_ == 3) {
        auto const bytes = message.payload();
        connection_->send(net::Message::make(net::MessageKind::binary, "\x04", bytes));
    } else {
        connection_->send(message);
    }
}

bool WsTransport::close(bool) {
    session_ = nullptr;
    if (auto* connection = std::exchange(connection_, nullptr)) {
        connection->pause_reading(false);  // for the close handshake
        // Never a code: clients of the reference see 1005 whatever the reason.
        connection->close();
    }
    return true;
}

std::size_t WsTransport::buffered_bytes() const {
    return connection_ ? connection_->buffered_bytes() : 0;
}

void WsTransport::tell_drained(bool tell) {
    if (connection_) {
        connection_->tell_drained(tell);
    }
}

void WsTransport::pause_reading(bool pause) {
    if (connection_) {
        connection_->pause_reading(pause);
    }
}

bool WsTransport::reading_paused() const {
    return connection_ && connection_->reading_paused();
}

void WsTransport::on_text(std::string_view text) {
    std::string scratch;
    deliver(decode_text(text, protocol_, scratch));
}

void WsTransport::on_binary(std::string_view bytes) {
    deliver(decode_binary(bytes, protocol_));
}

void WsTransport::deliver(std::optional<Packet> const& packet) {
    if (!session_) {
        return;
    }
    if (packet) {
        session_->on_packet(*this, *packet);
    } else {
        session_->on_parse_error(*this);
    }
}

void WsTransport::on_drain() {
    if (session_) {
        session_->on_transport_ready(*this);
    }
}

void WsTransport::on_close(std::uint16_t, std::string_view error) {
    connection_ = nullptr;
    if (auto* session = std::exchange(session_, nullptr)) {
        if (error.empty()) {
            session->on_transport_closed(*this);
        } else {
            session->on_transport_error(*this, error);
        }
    }
}

}  // namespace engineio
