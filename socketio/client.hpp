#pragma once

#include "engineio/net/timer_wheel.hpp"
#include "engineio/session.hpp"
#include "socketio/connection.hpp"
#include "socketio/core.hpp"
#include "socketio/messages.hpp"
#include "socketio/packet.hpp"
#include "socketio/parser.hpp"
#include "socketio/reading_gate.hpp"
#include "socketio/socket.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

/// One connection with all its namespaces: decodes packets and finds their sockets. Owned by its
/// engine session.
class Client final : public engineio::SessionHandler, private RawFilter {
public:
    Client(Core& core, engineio::Session& session);
    ~Client() override;

    void on_message(std::string_view text) override;
    void on_binary(std::string_view bytes) override;
    void on_drain() override;
    void on_upgrade() override;
    void on_packet_seen(engineio::PacketType type, std::string_view data, bool incoming) override;
    void on_close(engineio::CloseReason reason, std::string_view description) override;

    Core& core() { return core_; }
    engineio::Session& session() { return session_; }
    /// To be called once, when it is owned: what may fail in here, its destructor undoes. Tells the
    /// server of it, and enters the namespace that older clients expect without asking.
    void begin();
    /// The application's handle; its state is made at the first call.
    Connection connection();
    /// It is ending: nothing more is heard.
    bool closing() const { return closing_; }
    /// Packets can still be sent.
    bool is_open() const { return session_.is_open(); }

    void send(EncodedPacket const& packet, bool compress = true);
    void send(std::span<engineio::net::Message const> messages, bool compress);
    void send_packet(PacketType type, Namespace const& nsp, PayloadRef data);

    /// A connecting socket was admitted or refused; a connected one left.
    void connected(SocketPtr const& socket);
    void refused(Socket& socket, ConnectError const& error);
    void remove(Socket& socket);

    /// From now on the decoder asks which events to leave as text.
    void leave_events_raw() { decoder_->set_raw_filter(*this); }

    /// Backpressure of coroutine handlers; the gate is made at the first call.
    std::shared_ptr<ReadingGate> const& gate();
    void next_event() {
        if (gate_) {
            gate_->next_event();
        }
    }
    void count_acks(std::ptrdiff_t change);  // awaited from this client
    /// Whether one more may be awaited; if not, that has been counted.
    bool may_await_ack();
    /// What the log may call it.
    std::string_view public_name() const;
    /// Far too much is unfinished: what that limit is for.
    void close_overloaded(std::string_view limit);

    /// Node's disconnect(true): every namespace is left, then the connection is closed.
    void disconnect_all();
    /// The server shuts down: sockets end without a DISCONNECT packet.
    void shut_down();

private:
    friend class Core;  // links the list of clients

    bool wants_raw(std::string_view nsp, std::string_view event) const override;
    void on_decoded(DecodeResult&& result);
    void on_packet(Packet&& packet);
    void connect(std::string_view name, Json auth);
    void ask_middlewares(Namespace& nsp, SocketPtr const& socket);
    void on_middleware_timeout(Socket& socket);
    void connect_revision3(std::string_view name);
    void reject(std::string_view name, std::string_view reason);
    bool may_restore(Namespace& nsp) const;
    bool restore(Namespace& nsp, SocketPtr& socket, Handshake const& handshake);
    Socket* find(std::string_view name) const;
    bool has_too_many(std::string_view name) const;
    void close_invalid();
    void leave_all(DisconnectReason reason, std::string_view description);
    void on_connect_timeout();

    // A socket in its middlewares, which have so much time.
    struct Connecting {
        SocketPtr socket;
        engineio::net::OneShot time;
    };

    Core& core_;
    engineio::Session& session_;
    std::unique_ptr<Decoder> decoder_;
    std::vector<SocketPtr> sockets_;  // connected
    std::vector<Connecting> connecting_;
    std::unique_ptr<engineio::net::Timer> connect_timer_;  // until the first socket is connected
    std::shared_ptr<Connection::State> connection_;        // null until the application asks for it
    std::shared_ptr<ReadingGate> gate_;                    // null until a coroutine handler runs
    std::size_t pending_acks_ = 0;
    std::size_t auth_bytes_ = 0;  // memory of the auth payloads of both lists
    bool closing_ = false;        // nothing more is decoded
    Client* previous_ = nullptr;
    Client* next_ = nullptr;
};

}  // namespace socketio
