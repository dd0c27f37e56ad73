#pragma once

#include "engineio/callback.hpp"
#include "engineio/close_reason.hpp"
#include "engineio/net/http.hpp"
#include "engineio/packet.hpp"
#include "engineio/transport.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engineio::net {
class Shard;
}

namespace socketio {

class Client;

/// What a connection can be in; the names are Node's (`socket.conn.readyState`).
enum class ReadyState : std::uint8_t { open, closed };

namespace detail {
struct DrainWait;
}

/// The Engine.IO connection under one or more sockets (Node: `socket.conn`). A cheap handle; it may
/// be kept, and says `closed` once the connection is gone. Only on the shard of its socket, which
/// all calls but id() check in every build while the server lives.
class Connection {
public:
    /// What the hooks below hear.
    using UpgradeHook = engineio::Callback<void(engineio::TransportName)>;
    using DrainHook = engineio::Callback<void()>;
    using CloseHook = engineio::Callback<void(engineio::CloseReason, std::string_view description)>;
    using PacketHook = engineio::Callback<void(engineio::PacketType, std::string_view data)>;

    /// What drained() gives, for `co_await`.
    class [[nodiscard]] Drained;

    Connection() = default;  ///< of a socket that has left: closed

    /// The engine's session id. It is a secret of this client: do not show it to others.
    std::string const& id() const;
    /// Whether it still exists.
    ReadyState ready_state() const;
    /// Engine.IO revision, 4 or 3.
    int protocol() const;
    /// What it uses now; and whether that is a WebSocket after a polling start.
    engineio::TransportName transport() const;
    bool upgraded() const;
    /// A WebSocket is being probed while polling goes on.
    bool upgrading() const;
    /// The transport would take a packet at once.
    bool writable() const;
    /// Bytes not yet taken by the kernel.
    std::size_t buffered_bytes() const;
    /// The peer's address without port.
    std::string remote_address() const;
    /// The first request, a copy, to be kept while views of it are used; nothing once closed.
    std::optional<engineio::net::Request> request() const;

    /// `co_await` comes back, in a turn of its own, once everything sent so far was taken by the
    /// transport (at once if nothing waits), with true; with false when the connection is over.
    /// For who has more to send than a slow client should make the server hold.
    Drained drained() const;

    /// Ends the connection with all its namespaces, reason "forced close". What is queued is
    /// delivered first unless `discard`.
    void close(bool discard = false);

    // Hooks: called in order of registration, dropped when the connection ends.

    /// The session moved to another transport.
    void on_upgrade(UpgradeHook hook);
    /// Everything queued was taken by the transport.
    void on_drain(DrainHook hook);
    /// The connection is over; after the sockets' disconnect handlers.
    void on_close(CloseHook hook);
    /// Every Engine.IO packet that comes in, and every one made for sending (Node: `packet`,
    /// `packetCreate`); `data` lives during the call. Costs time for each packet of the connection.
    void on_packet(PacketHook hook);
    void on_packet_create(PacketHook hook);

private:
    friend class Client;
    struct Hooks {
        std::vector<UpgradeHook> upgrade;
        std::vector<DrainHook> drain;
        std::vector<CloseHook> close;
        std::vector<PacketHook> packet;
        std::vector<PacketHook> packet_create;
    };
    struct State {
        void end(engineio::CloseReason reason, std::string_view description);
        void tear_down();
        void wake_waits();

        engineio::net::Shard& shard;
        Client* client;  // null once closed
        std::string id;
        Hooks hooks;
        std::vector<std::shared_ptr<detail::DrainWait>> waits;
    };
    explicit Connection(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Client* client() const;  // null once closed; asserts the shard

    std::shared_ptr<State> state_;
};

class Connection::Drained {
public:
    Drained(Drained const&) = delete;
    Drained& operator=(Drained const&) = delete;
    ~Drained();

    bool await_ready() const;
    void await_suspend(std::coroutine_handle<> waiting);
    bool await_resume() const;

private:
    friend class Connection;
    explicit Drained(Connection connection) : connection_(std::move(connection)) {}

    Connection connection_;
    std::shared_ptr<detail::DrainWait> wait_;
};

}  // namespace socketio
