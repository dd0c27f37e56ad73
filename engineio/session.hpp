#pragma once

#include "engineio/close_reason.hpp"
#include "engineio/config.hpp"
#include "engineio/net/admission.hpp"
#include "engineio/net/message.hpp"
#include "engineio/net/shard.hpp"
#include "engineio/net/stored_request.hpp"
#include "engineio/net/timer_wheel.hpp"
#include "engineio/packet.hpp"
#include "engineio/transport.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engineio {

/// The user of a session: socketio::Client, or an application on bare Engine.IO. Owned by its
/// session and called on its shard, in the decode phase (views are valid during the call only).
class SessionHandler {
public:
    virtual ~SessionHandler() = default;
    virtual void on_message(std::string_view text) = 0;
    virtual void on_binary(std::string_view bytes) = 0;
    /// Everything queued was taken by the transport. By a WebSocket only after observe_drain().
    virtual void on_drain() = 0;
    /// The session moved to another transport.
    virtual void on_upgrade() {}
    /// Only after Session::observe_packets(): every packet that comes in or is made for sending.
    virtual void on_packet_seen(PacketType /*type*/, std::string_view /*data*/, bool /*incoming*/) {
    }
    /// The last call, made once. `description` says what went wrong, e.g. "overlap from client".
    virtual void on_close(CloseReason reason, std::string_view description) = 0;
};

/// One client connection of Engine.IO: heartbeat, upgrade, close and the queue of packets that no
/// transport could take yet. Pure: bytes and time go in, packets come out through Transport.
/// Owned by its Engine; lives on one shard, and is used there only.
///
/// Upgrade (reference-behaviour 3.1), the transport under test being the probe:
///
///   state    | probe says 2probe      | probe says 5          | anything else / timeout / closed
///   ---------+------------------------+-----------------------+---------------------------------
///   none     | (no probe yet: attach_probe() -> probing)
///   probing  | answer 3probe, noops   | switch -> done        | close probe -> none
///   done     | ordinary traffic
class Session {
public:
    struct Opening {
        std::string sid;
        int protocol = 4;  ///< 4, or 3 with allow_eio3
        bool base64_only = false;
        net::Request request;  ///< the first request: headers, query, address
        std::shared_ptr<net::Admission::Seat> seat = {};  ///< kept until the session is destroyed
    };

    Session(net::Shard& shard, Options const& options, Opening opening);
    ~Session();
    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    // --- for the user (SessionHandler's side) ---------------------------------------------------

    std::string const& sid() const { return sid_; }
    int protocol() const { return protocol_; }
    // The first one; shared with what may outlive the session.
    std::shared_ptr<net::StoredRequest const> const& request() const { return request_; }
    net::Shard& shard() { return shard_; }
    TransportName transport() const;
    bool upgraded() const;
    bool upgrading() const { return probe_ != nullptr; }
    bool is_open() const;  ///< packets can be sent
    bool idle() const;     ///< the transport would take a packet at once
    /// The same, or at most SessionLimits::high_water_bytes wait for it.
    bool writable() const;
    /// What waits here, and what was sent and is not written yet.
    std::size_t buffered_bytes() const;
    /// The POST whose packets are being handled in this call; null on a WebSocket.
    net::Request const* carrier() const { return carrier_; }

    /// Queues engine packets as one contiguous batch: text payloads begin with '4' (message),
    /// binary ones are raw data. Silently ignored once closing. Messages are shared, not copied.
    void send(std::span<net::Message const> packets, bool compress = true);

    /// From now on the handler, which may be in the making, hears of every packet
    /// (SessionHandler::on_packet_seen).
    void observe_packets(SessionHandler& handler) { observer_ = &handler; }
    /// From now on the handler hears of on_drain() (a polling session's always does).
    void observe_drain();

    /// Backpressure: while paused no packets come in, and the client's silence is not taken for its
    /// death.
    void pause_reading(bool pause);

    /// Ends the session: queued packets are delivered first unless `discard`. on_close() comes
    /// with forced_close, in a later call, not inside this one if called from the handler's own
    /// on_message.
    void close(bool discard = false);

    // --- for the Engine and the transports (public for tests' rigs) ------------------------------

    /// Sends the open packet and starts the heartbeat. `first` is the session's first transport.
    /// `on_ended` is called exactly once, last of all, after handler.on_close(): the owner may
    /// destroy the session from a deferred task, not inside the call.
    void open(std::unique_ptr<SessionHandler> handler, Transport& first,
              std::function<void(Session&)> on_ended);

    /// Makes the session own a transport (polling); its life ends with the session or the upgrade.
    void own(std::unique_ptr<Transport> transport);
    /// The owned transport, or nullptr.
    Transport* owned() const { return owned_.get(); }

    /// False, and nothing happens, if the session is upgrading, upgraded or ended already. `probe`
    /// must tell about its end with on_transport_closed() or on_transport_error().
    bool attach_probe(Transport& probe);

    /// A packet came in through `from`, which may be the probe.
    void on_packet(Transport& from, Packet const& packet);
    /// Something came in that is no packet.
    void on_parse_error(Transport& from);
    /// `from` takes packets (again).
    void on_transport_ready(Transport& from);
    /// `from` was closed by the peer.
    void on_transport_closed(Transport& from);
    void on_transport_error(Transport& from, std::string_view description);
    void set_carrier(net::Request const* post) { carrier_ = post; }
    /// The end of `from` that Transport::close() had put off.
    void on_close_delivered(Transport& from);
    /// `from` dies without a word, as when a server is torn down.
    void forget(Transport& from);

private:
    enum class State : std::uint8_t { opening, open, closing, closed };

    // Exists only while a probe is attached, so that an idle session pays for one timer.
    struct Probe {
        explicit Probe(Session& session, Transport& transport);
        ~Probe();
        net::Metrics& metrics;
        Transport& transport;
        net::Timer timeout;
        net::Timer noop;
    };

    void send_open_packet();
    void send_packet(PacketType type, std::string_view data = {});
    void enqueue(std::span<net::Message const> packets, bool compress);
    void tell_created(std::span<net::Message const> packets);
    bool upgrade_offered() const;
    void flush();
    void check_overflow();
    void end_slow_reader();
    void on_heartbeat(Packet const& packet);
    void on_probe_packet(Packet const& packet);
    void complete_upgrade();
    void drop_probe(bool close_transport);
    // After both together.
    void arm_heartbeat(std::chrono::milliseconds delay, std::chrono::milliseconds more = {});
    void close_transport(bool discard);
    void lose_transport(CloseReason reason, std::string_view description);
    void finish_later(CloseReason reason, std::string description);
    void finish(CloseReason reason, std::string_view description);
    bool forgives_silence();
    static void heartbeat_due(void* self);
    static void probe_timed_out(void* self);
    static void noop_due(void* self);

    net::Shard& shard_;
    Options const& options_;
    std::string const sid_;
    std::shared_ptr<net::StoredRequest const> const request_;
    std::shared_ptr<net::Admission::Seat> const seat_;  // null: they are not limited
    int const protocol_;
    State state_ = State::opening;
    bool upgraded_ = false;
    bool drain_observed_ = false;
    bool reading_paused_ = false;
    bool awaiting_pong_ = false;
    std::uint8_t forgiven_ = 0;       // overdue heartbeats of the present pause in reading
    bool pong_extended_ = false;      // the one refresh of this ping was used (6.6.11)
    bool transport_closing_ = false;  // close_transport() was called; its end is to be awaited
    bool overflown_ = false;          // a second look is deferred
    TransportName transport_name_ = TransportName::polling;
    net::Request const* carrier_ = nullptr;
    Transport* transport_ = nullptr;  // the current one; nullptr once closed
    std::unique_ptr<Transport> owned_;
    std::unique_ptr<Probe> probe_;
    std::unique_ptr<SessionHandler> handler_;
    SessionHandler* observer_ = nullptr;  // of packets; the same, where somebody wants to know
    std::function<void(Session&)> on_ended_;
    net::Timer heartbeat_;  // ping interval or pong timeout, see awaiting_pong_
    std::vector<Outgoing> queue_;
    std::size_t queued_bytes_ = 0;
};

}  // namespace engineio
