#pragma once

// The seam between Socket.IO packets and Engine.IO messages: the option `parser`. Whoever writes
// one needs this header, packet.hpp (what is encoded and decoded) and writer.hpp (how values are
// told); apps/examples/json_parser.cpp is a whole one.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "socketio/limits.hpp"
#include "socketio/packet.hpp"
#include "socketio/writer.hpp"

namespace socketio {

/// What a decoder makes of one message.
struct DecodeResult {
    /// How far it came.
    enum class Kind : std::uint8_t {
        need_more,  ///< attachments are missing
        packet,     ///< `packet` is complete
        error,      ///< the connection must be closed; `error` says why
    };

    /// The one that belongs to `kind` is set.
    Kind kind = Kind::need_more;
    Packet packet;
    std::string error;
    /// Of an error: the name under which the exceeded limit is counted; else empty. A literal.
    std::string_view limit = {};

    /// The three of them, and an error that is an exceeded limit.
    static DecodeResult wait() { return {}; }
    static DecodeResult complete(Packet packet) { return {Kind::packet, std::move(packet), {}}; }
    static DecodeResult failure(std::string why) { return {Kind::error, {}, std::move(why)}; }
    static DecodeResult exceeded(std::string_view limit, std::string why) {
        return {Kind::error, {}, std::move(why), limit};
    }
};

/// Says which events are better left as text, because all their handlers take RawJson. Asked on the
/// shard of its decoder.
class RawFilter {
public:
    /// Whether this event of this namespace is.
    virtual bool wants_raw(std::string_view nsp, std::string_view event) const = 0;

protected:
    ~RawFilter() = default;
};

/// The messages of one client on their way to packets. Each connection owns one and calls it on its
/// shard, so it may remember what it likes; memory it keeps for a peer must have a limit.
///
/// The bytes come from strangers. What is given out as a packet must satisfy is_valid_payload(),
/// its namespace begin with a slash, its id be at most max_packet_id, and its data not be nested
/// deeper than PacketLimits::max_json_depth. Anything else is DecodeResult::failure(), or an
/// exception: the sockets of the connection hear on_error, then it ends with "forced close", as in
/// Node.
class Decoder {
public:
    virtual ~Decoder() = default;

    /// What the option `limits.packet` says, before the first message. It outlives the decoder. Who
    /// ignores this must have limits of its own.
    virtual void set_limits(PacketLimits const& /*limits*/) {}
    /// From now on events that `filter` wants may be given as Packet::raw. It outlives the decoder.
    /// What is no JSON text ignores this.
    virtual void set_raw_filter(RawFilter const& /*filter*/) {}

    /// One Engine.IO text or binary message; the view is valid during the call. After an error the
    /// decoder is not used again.
    virtual DecodeResult on_text(std::string_view text) = 0;
    virtual DecodeResult on_binary(std::string_view bytes) = 0;
};

/// A wire form of Socket.IO packets. One instance serves all connections and shards at once, so it
/// has no state; both functions may be called on any thread. Clients must be given the same form
/// (their own option `parser`): there is no negotiation.
class Parser {
public:
    virtual ~Parser() = default;

    /// The messages of one packet. `type` is never a binary type: whether `data` holds binaries
    /// shows when it is called, once, with a Writer of the parser's own; null means no payload.
    /// `nsp` begins with a slash. A broadcast is encoded once for all who hear it.
    virtual EncodedPacket encode(PacketType type, std::string_view nsp,
                                 std::optional<std::uint64_t> id, PayloadRef data) const = 0;
    /// The decoder of a new connection.
    virtual std::unique_ptr<Decoder> make_decoder() const = 0;
};

/// JSON text plus attachments, what every stock client speaks (Socket.IO protocol 5). The default.
std::shared_ptr<Parser const> text_parser();
/// One MessagePack map per packet, as the npm package socket.io-msgpack-parser.
std::shared_ptr<Parser const> msgpack_parser();

}  // namespace socketio
