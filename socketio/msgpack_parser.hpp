#pragma once

// The wire form of the npm package socket.io-msgpack-parser (opt-in): one binary message per
// packet, a MessagePack map with `type`, `nsp`, `data` and `id`, binaries inline. Made by
// msgpack_parser(). The reference's flavour of MessagePack has three extensions of type 0:
// undefined (one byte), dates (eight bytes of milliseconds) and typed arrays (any length).

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "socketio/parser.hpp"

namespace socketio {

// Appends the MessagePack form of values; integers in their smallest form, as the reference.
class MsgpackWriter final : public Writer {
public:
    explicit MsgpackWriter(std::string& out) : out_(out) {}

    void null() override;
    void undefined() override;
    void boolean(bool value) override;
    void integer(std::int64_t value) override;
    // Integral values are written as integers: JavaScript knows no difference.
    void number(double value) override;
    void string(std::string_view text) override;
    void binary(std::string_view bytes) override;
    void begin_array(std::size_t size) override;
    void end_array() override {}
    void begin_object(std::size_t size) override;
    void key(std::string_view name) override { string(name); }
    void end_object() override {}

private:
    void unsigned_integer(std::uint64_t value);
    void big_endian(unsigned char prefix, std::uint64_t value, unsigned bytes);

    std::string& out_;
};

// One MessagePack value that fills `bytes` exactly; nullopt if malformed or nested too deep, which
// `too_deep` tells. A packet's own map is a level besides `max_depth`.
// Dates become ISO strings, undefined members vanish, other extensions become [type, binary].
// Map keys must be strings. Text that is no UTF-8 is repaired with U+FFFD.
std::optional<Json> parse_msgpack(std::string_view bytes, std::size_t max_depth = max_json_depth,
                                  bool* too_deep = nullptr);

// Nothing is kept between messages: every packet is one. Stricter than the reference in three
// points: event names are checked as in the text encoding, since a forged "disconnect" would reach
// the application, ids must be 0 to 2^53-1, and namespaces begin with a slash, as the text encoding
// cannot but have it: a pattern for dynamic ones might admit what no other client could name.
class MsgpackDecoder final : public Decoder {
public:
    void set_limits(PacketLimits const& limits) override { max_depth_ = limits.max_json_depth; }
    DecodeResult on_text(std::string_view text) override;
    DecodeResult on_binary(std::string_view bytes) override;

private:
    std::size_t max_depth_ = max_json_depth;
};

class MsgpackParser final : public Parser {
public:
    EncodedPacket encode(PacketType type, std::string_view nsp, std::optional<std::uint64_t> id,
                         PayloadRef data) const override;
    std::unique_ptr<Decoder> make_decoder() const override;
};

}  // namespace socketio
