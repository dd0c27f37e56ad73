#pragma once

#include "engineio/limits.hpp"
#include "engineio/net/message.hpp"
#include "engineio/net/rate_limit.hpp"
#include "engineio/net/timer_wheel.hpp"
#include "engineio/net/ws_codec.hpp"
#include "engineio/net/ws_handshake.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace engineio::net {

class Connection;
class Shard;

/// How one WebSocket behaves; `deflate` is the negotiated result, not the server's wish.
struct WsOptions {
    /// Longer messages end the connection with code 1009.
    std::size_t max_message_bytes = limits::max_payload_bytes;
    /// Frames of one message; more end the connection with code 1008, and so does whoever exceeds
    /// one of the two rates: messages, pings and pongs, and bytes as they come from the network,
    /// but of a compressed message as many as it inflates to.
    std::uint32_t max_fragments = limits::max_ws_fragments;
    Rate packet_rate = {};
    Rate byte_rate = {};
    /// Unsent bytes above which the connection is cut, as with more than
    /// limits::max_queued_messages() of them: its reader is too slow.
    std::uint32_t max_buffered_bytes = limits::max_buffered_bytes;
    std::optional<NegotiatedDeflate> deflate;  ///< of check_upgrade(); its answer is sent by us
    /// Smaller messages stay uncompressed, but only without our context takeover (as ws).
    std::size_t deflate_threshold = limits::deflate_threshold_bytes;
    /// zlib's, -1 for its default.
    int deflate_level = -1;
    /// A ping frame goes out at this pace; a peer that sends nothing during two of these intervals
    /// is gone (1006, "ping timeout"). Zero: none, as for Engine.IO, whose pings are messages.
    std::chrono::milliseconds ping_interval{0};
    std::string key;          ///< Sec-WebSocket-Key of the request
    std::string subprotocol;  ///< selected one, or empty
    /// Of the request, which may have come through a trusted proxy: the log says that this client
    /// has met a limit. Empty: the address of whoever connected.
    std::string remote_address = {};
};

/// The user of one WebSocket: Engine.IO's transport or a raw JSON endpoint. Owned by its
/// WsConnection; told about everything on the connection's shard.
class WsHandler {
public:
    virtual ~WsHandler() = default;
    /// The 101 is queued; `connection` is valid until on_close(). Called inside
    /// Responder::accept_websocket(), before that returns.
    virtual void on_open(class WsConnection& connection) = 0;
    /// Views are valid during the call only.
    virtual void on_text(std::string_view text) = 0;
    virtual void on_binary(std::string_view bytes) = 0;
    /// All queued output has been given to the kernel; see WsConnection::tell_drained().
    virtual void on_drain() = 0;
    /// The last call. `error` is empty for an orderly close (close frame or end of stream), else
    /// the text of the violation or write error. The handler is destroyed after it.
    virtual void on_close(std::uint16_t code, std::string_view error) = 0;
};

/// One WebSocket after its handshake (RFC 6455): frames in and out, ping/pong and the close
/// handshake. Owned by its Connection, used on its shard only.
class WsConnection {
public:
    virtual ~WsConnection() = default;

    /// Queues one message; written when the turn closes. Shared messages are not copied.
    virtual void send(Message message) = 0;

    /// Starts the close handshake: close frame (empty without a code), then the peer's, at most
    /// limits::close_timeout. Reads nothing more for the handler; on_close() follows in a later
    /// phase or turn, never inside this call.
    virtual void close(std::optional<std::uint16_t> code = {}, std::string_view reason = {}) = 0;

    /// Backpressure: while paused nothing is read, and the end of the peer goes unnoticed, too.
    virtual void pause_reading(bool pause) = 0;

    /// Whether nothing is read now, by that or because other threads are behind with what it makes
    /// them do.
    virtual bool reading_paused() const = 0;

    /// Whether the handler hears of on_drain(), as it does at first. Being told means that memory
    /// of each connection is touched once more in a broadcast to thousands.
    virtual void tell_drained(bool tell) = 0;

    /// False from a send until everything queued was given to the kernel.
    virtual bool writable() const = 0;
    /// Bytes that the kernel has not taken yet.
    virtual std::size_t buffered_bytes() const = 0;
};

}  // namespace engineio::net
