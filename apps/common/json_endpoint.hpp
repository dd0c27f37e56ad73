#pragma once

#include "apps/common/clock.hpp"
#include "apps/common/envelope.hpp"
#include "apps/common/peer.hpp"
#include "apps/common/peer_handler.hpp"
#include "engineio/callback.hpp"
#include "engineio/net/drain.hpp"
#include "engineio/net/http_server.hpp"
#include "engineio/net/ws_handshake.hpp"
#include "engineio/session_limits.hpp"
#include "socketio/selection.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace apps::common {

class EndpointShard;

struct EndpointOptions {
    std::size_t max_message_bytes = 64 * 1024;  ///< a longer one closes with 1009
    /// A ping frame at this pace; who says nothing during two intervals is gone. Zero: none.
    std::chrono::milliseconds ping_interval{30'000};
    /// A text of just this is a sign of life, neither a message nor a mistake. Empty: none.
    std::string keep_alive = {};
    std::optional<Rate> rate = {};  ///< of one peer's messages; none: no limit
    engineio::net::DeflateOptions deflate = {};
    /// Frames and bytes as for every WebSocket; its rate of packets counts pings and pongs, too.
    engineio::SessionLimits limits = {};
    Clock clock = wall_clock_ms;  ///< of outgoing timestamps
};

/// What is said to a client that authenticate() refuses: a close code right after the upgrade, as
/// browsers show only that to a page, or an HTTP status instead of the upgrade.
struct Refusal {
    std::uint16_t close_code = 4000;
    std::string reason = {};
    int http_status = 0;  ///< not 0: this
};

/// A message nobody handled; lives during the call.
struct Invalid {
    Fault fault;
    Inbound const& message;  ///< as far as it could be read
};

/// Who hears a message: made by JsonEndpoint's to(), all() and peer(). A value; any thread.
class Audience {
public:
    /// Their members, too.
    Audience to(socketio::RoomList rooms) const;
    /// Not the members of these.
    Audience except(socketio::RoomList rooms) const;
    Audience except(Peer const& peer) const;

    /// Sends to each of them once. The message is encoded here, once for each shard with peers.
    template <class T>
    void send(std::string_view type, T const& payload, SendOptions const& options = {}) const;
    /// The same without an envelope: `payload` is the whole message.
    template <class T>
    void send_bare(T const& payload, SendOptions const& options = {}) const;
    /// Puts them into a room as well, in the order of what is sent to them with `ordered`.
    void join(std::string_view room) const;
    /// Closes their connections; `ordered` as in SendOptions, so after what was sent so before.
    void close(std::uint16_t code, std::string_view reason, bool ordered = false) const;

private:
    friend class JsonEndpoint;
    friend class EndpointShard;
    explicit Audience(JsonEndpoint& endpoint) : endpoint_(&endpoint) {}

    JsonEndpoint* endpoint_;
    socketio::Selection selection_;
    std::uint64_t only_ = 0;
    std::uint64_t except_ = 0;
};

/// A WebSocket protocol of JSON messages without Socket.IO around it: an envelope, a table of
/// typed handlers, rooms over all shards, and the rules every such protocol needs.
///
///     JsonEndpoint rooms(runtime, Envelope::nested("payload").with_timestamp());
///     rooms.authenticate([&](Request const& r) { return tokens.verify(r.query().get("token")); });
///     rooms.on("joinRoom", [](Peer& p, JoinRoom m) { p.join(m.roomId); });
///     router.add_path("/api/ws", [&](Request q, Responder r) { rooms.accept(q, std::move(r)); });
///     rooms.to("r1").send("taskUpdate", TaskUpdate{...});
///
/// Set up on one thread, before the first client comes; then handlers run on the shard of their
/// peer, several shards at a time. Faults of peers end in on_invalid, an exception of a handler
/// closes its peer with 1011. Must outlive the runtime's threads; owned by the system's wiring.
class JsonEndpoint {
public:
    using Request = engineio::net::Request;

    JsonEndpoint(engineio::net::HttpServer& runtime, Envelope envelope,
                 EndpointOptions options = {});
    /// On shards that a test moves by hand.
    JsonEndpoint(std::vector<engineio::net::Shard*> const& shards, Envelope envelope,
                 EndpointOptions options = {});
    ~JsonEndpoint();
    JsonEndpoint(JsonEndpoint const&) = delete;
    JsonEndpoint& operator=(JsonEndpoint const&) = delete;

    /// Who may come in: `verify(request)` returns a std::optional, whose value becomes the peer's
    /// data; nothing refuses. Without it, everybody.
    template <class F>
    void authenticate(F verify, Refusal refusal) {
        verify_ = [verify = std::move(verify)](Request const& request, std::any& data) {
            auto identity = verify(request);
            if (identity) {
                data = *std::move(identity);
            }
            return data.has_value();
        };
        refusal_ = std::move(refusal);
    }
    /// Asked before everything else, about the Origin header; false: 403. Default: every page may.
    void allow_origin(std::function<bool(Request const&)> allow);
    /// Chooses among the offered subprotocols; "": none, which a client that offered some may take
    /// for a failure (RFC 6455 section 4.1). Default: none.
    void choose_subprotocol(std::function<std::string(std::vector<std::string> const&)> choose);

    /// Adds a handler; make_peer_handler says what it may take. One for each type.
    template <class F>
    void on(std::string_view type, F handler) {
        add(type, make_peer_handler(std::move(handler)));
    }
    template <class M, class C>
    void on(std::string_view type, M method, C* object) {
        add(type, make_peer_handler(method, object));
    }
    /// A peer has come in, before its first message.
    void on_connection(engineio::Callback<void(Peer&, Request const&)> hook);
    /// It has gone; rooms are left afterwards. 1006: without a close frame.
    void on_disconnect(engineio::Callback<void(Peer&, std::uint16_t code)> hook);
    /// Default: binary frames close with 1003, everything else is ignored.
    void on_invalid(engineio::Callback<void(Peer&, Invalid const&)> hook);
    /// A message over the rate, unread; `refused` counts those since the last within it, so 1 is
    /// the time to answer. Default: closes with 1008.
    void on_flood(engineio::Callback<void(Peer&, std::uint32_t refused)> hook);
    /// Everything that had to wait for a slow reader is sent.
    void on_drain(engineio::Callback<void(Peer&)> hook);

    /// An upgrade request for this endpoint: opens the WebSocket or answers why not. On the
    /// connection's shard. A plain request gets 426.
    void accept(Request request, engineio::net::Responder responder);
    /// The handler of a connection that has passed all checks; for tests without sockets.
    std::unique_ptr<engineio::net::WsHandler> admit(engineio::net::Shard& shard, Request request);

    Audience all() { return Audience(*this); }
    Audience to(socketio::RoomList rooms) { return all().to(std::move(rooms)); }
    /// One peer, or nobody if it is gone.
    Audience peer(std::uint64_t id);

    /// Open connections of all shards; approximate while they come and go.
    std::size_t peers_count() const;
    /// Closes everybody with 1001 and refuses newcomers with 503. Any thread.
    void close();
    /// The same in batches, each peer with what waits for it; `told` is called once, on a shard,
    /// when everybody was told. Once. Any thread.
    void drain(engineio::net::DrainOptions const& options, std::function<void()> told);
    bool draining() const { return draining_; }

    Envelope const& envelope() const { return envelope_; }
    std::int64_t now_ms() const { return options_.clock(); }

private:
    friend class Peer;
    friend class Audience;

    void add(std::string_view type, PeerHandler handler);
    void entered(Peer& peer);
    void left(Peer& peer, std::uint16_t code);
    void drained(Peer& peer);
    void received(Peer& peer, std::string_view text, bool binary);
    bool within_rate(Peer& peer);
    std::optional<Fault> dispatch(Peer& peer, Inbound& message);
    void invalid(Peer& peer, Invalid const& what);

    EndpointShard& local(engineio::net::Shard const& shard) { return *shards_[shard.index()]; }
    void encode(std::string& out, std::string_view type, socketio::PayloadRef payload,
                SendOptions const& options);
    std::string next_message_id();
    int level_of(SendOptions const& options) const;
    void deliver(Audience const& audience, std::string_view text, SendOptions const& options);
    void on_shards(Audience const& audience, bool ordered,
                   std::function<void(EndpointShard&)> const& task);

    Envelope const envelope_;
    EndpointOptions const options_;
    std::function<bool(Request const&, std::any&)> verify_;
    Refusal refusal_;
    std::function<bool(Request const&)> allow_origin_;
    std::function<std::string(std::vector<std::string> const&)> choose_subprotocol_;
    std::unordered_map<std::string, PeerHandler> handlers_;
    engineio::Callback<void(Peer&, Request const&)> on_connection_;
    engineio::Callback<void(Peer&, std::uint16_t)> on_disconnect_;
    engineio::Callback<void(Peer&, Invalid const&)> on_invalid_;
    engineio::Callback<void(Peer&, std::uint32_t)> on_flood_;
    engineio::Callback<void(Peer&)> on_drain_;
    std::vector<std::unique_ptr<EndpointShard>> shards_;
    std::string const id_prefix_;  // of message ids: tells this run of the program from others
    std::atomic<std::uint64_t> next_message_id_{1};
    std::atomic<bool> draining_{false};
};

template <class T>
void Peer::send(std::string_view type, T const& payload, SendOptions const& options) {
    if (open()) {
        std::string text;
        auto const write = [&](socketio::Writer& writer) {
            socketio::write_value(writer, payload);
        };
        endpoint_.encode(text, type, socketio::PayloadRef(write), options);
        send_encoded(text, options);
    }
}

template <class T>
void Peer::send_bare(T const& payload, SendOptions const& options) {
    if (open()) {
        std::string text;
        socketio::TextWriter writer(text);
        socketio::write_value(writer, payload);
        send_encoded(text, options);
    }
}

template <class T>
void Audience::send(std::string_view type, T const& payload, SendOptions const& options) const {
    std::string text;
    auto const write = [&](socketio::Writer& writer) { socketio::write_value(writer, payload); };
    endpoint_->encode(text, type, socketio::PayloadRef(write), options);
    endpoint_->deliver(*this, text, options);
}

template <class T>
void Audience::send_bare(T const& payload, SendOptions const& options) const {
    std::string text;
    socketio::TextWriter writer(text);
    socketio::write_value(writer, payload);
    endpoint_->deliver(*this, text, options);
}

}  // namespace apps::common
