#pragma once

// The seam between Socket.IO packets and Engine.IO messages (the `parser` option of Node). A
// Parser is stateless and shared by all shards; each client owns one Decoder, which remembers only
// a packet whose attachments are still on their way.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "socketio/packet.hpp"
#include "socketio/writer.hpp"

namespace socketio {

struct DecodeResult {
    enum class Kind : std::uint8_t {
        need_more,  // attachments are missing
        packet,     // `packet` is complete
        error,      // the connection must be closed; `error` says why
    };

    Kind kind = Kind::need_more;
    Packet packet;
    std::string error;

    static DecodeResult wait() { return {}; }
    static DecodeResult complete(Packet packet) { return {Kind::packet, std::move(packet), {}}; }
    static DecodeResult failure(std::string why) { return {Kind::error, {}, std::move(why)}; }
};

/// Says which events are better left as text.
class RawFilter {
public:
    virtual bool wants_raw(std::string_view nsp, std::string_view event) const = 0;

protected:
    ~RawFilter() = default;
};

class Decoder {
public:
    virtual ~Decoder() = default;

    /// From now on events that `filter` wants may be given as Packet::raw. It outlives the decoder.
    /// What is no JSON text ignores this.
    virtual void set_raw_filter(RawFilter const& /*filter*/) {}

    /// One Engine.IO text or binary message. After an error the decoder must not be used again.
    virtual DecodeResult on_text(std::string_view text) = 0;
    virtual DecodeResult on_binary(std::string_view bytes) = 0;
};

class Parser {
public:
    virtual ~Parser() = default;

    /// `type` is never a binary type: the payload decides that. `data` is called once, or is null.
    virtual EncodedPacket encode(PacketType type, std::string_view nsp,
                                 std::optional<std::uint64_t> id, PayloadRef data) const = 0;
    virtual std::unique_ptr<Decoder> make_decoder() const = 0;
};

// The one instance of each parser; they are stateless constants.
//
/// JSON text plus attachments, what every stock client speaks.
std::shared_ptr<Parser const> text_parser();
/// One MessagePack map per packet, as the npm package socket.io-msgpack-parser.
std::shared_ptr<Parser const> msgpack_parser();

}  // namespace socketio
