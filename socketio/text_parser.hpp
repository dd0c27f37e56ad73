#pragma once

// The default parser (Socket.IO protocol 5): `<type>[<attachments>-][<namespace>,][<id>][<JSON>]`,
// binaries as separate messages. Made by text_parser(); this header is for its tests and for
// callers that need the concrete type.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socketio/parser.hpp"

namespace socketio {

// How deep arrays and objects are nested in a text that may be no JSON; one pass.
std::size_t nesting_of(std::string_view text);

// Between packets a decoder is four pointers; the packet being completed lives on the heap.
class TextDecoder final : public Decoder {
public:
    void set_limits(PacketLimits const& limits) override { limits_ = &limits; }
    void set_raw_filter(RawFilter const& filter) override { raw_filter_ = &filter; }
    DecodeResult on_text(std::string_view text) override;
    DecodeResult on_binary(std::string_view bytes) override;

    bool is_waiting() const { return pending_ != nullptr; }

private:
    DecodeResult invalid_payload(std::string_view payload) const;

    struct Pending {
        Packet packet;
        std::string payload;  // of a large packet, instead of its data, which would be larger
        std::size_t expected = 0;
        std::vector<std::string> attachments;
        std::size_t bytes = 0;  // of the attachments
    };
    static constexpr PacketLimits default_limits{};

    std::unique_ptr<Pending> pending_;
    RawFilter const* raw_filter_ = nullptr;
    PacketLimits const* limits_ = &default_limits;
};

class TextParser final : public Parser {
public:
    EncodedPacket encode(PacketType type, std::string_view nsp, std::optional<std::uint64_t> id,
                         PayloadRef data) const override;
    std::unique_ptr<Decoder> make_decoder() const override;
};

// Replaces every {"_placeholder":true,"num":N} in `data` by attachment N, iteratively. False if a
// placeholder names no attachment or the reuse limit is exceeded.
bool resolve_placeholders(Json& data, std::vector<std::string> attachments);

}  // namespace socketio
