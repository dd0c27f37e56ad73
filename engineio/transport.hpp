#pragma once

#include "engineio/net/message.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace engineio {

class Session;

enum class TransportName : std::uint8_t { polling, websocket };

constexpr std::string_view to_string(TransportName name) {
    return name == TransportName::polling ? "polling" : "websocket";
}

/// One queued engine packet in its revision-4 form: text payload starts with the type digit
/// ("4..."), binary is the raw data of a message. `compress` matters to polling only.
struct Outgoing {
    net::Message message;
    bool compress = true;
};

/// What a session asks of a transport. Owned by the session (polling) or by its WebSocket
/// connection; a transport that ends tells the session first and is forgotten by it. On the
/// session's shard only.
class Transport {
public:
    virtual ~Transport() = default;
    virtual TransportName name() const = 0;
    /// Whether send() may be called now: a parked GET, or an open WebSocket (which keeps its own
    /// queue, so that all frames of a turn leave in one write).
    virtual bool accepts() const = 0;
    /// What `volatile` messages ask: a parked GET, or a WebSocket with nothing unwritten.
    virtual bool writable() const = 0;
    /// Called only while accepts(). One batch, in order.
    virtual void send(std::span<Outgoing const> packets) = 0;
    /// Ends the transport. True: it is over and the session is no longer told anything. False, from
    /// polling without a parked GET and never with `discard`: the close packet waits for the next
    /// GET or 30 s, then session.on_close_delivered() follows.
    virtual bool close(bool discard) = 0;
    /// Bytes that were sent and that the kernel has not taken yet.
    virtual std::size_t buffered_bytes() const = 0;
    /// Gives the kernel what it takes of them, without waiting for the end of the turn.
    virtual void flush() = 0;
    /// Gives them up with their connection, before close(): the peer is too slow.
    virtual void drop_output() = 0;
    /// Whether the session hears that a WebSocket has written everything; at first it does not. A
    /// polling transport always tells, as the queue waits for it.
    virtual void tell_drained(bool tell) = 0;
    /// While paused no packets come in. A WebSocket is not read, a POST not answered.
    virtual void pause_reading(bool pause) = 0;
    /// Whether it is not read at the moment, for whatever reason.
    virtual bool reading_paused() const = 0;
};

}  // namespace engineio
