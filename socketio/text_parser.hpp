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

// Bytes a peer may make us duplicate by naming one attachment several times. Node shares the
// buffer; we copy, and 30,000 placeholders for one megabyte would be 30 GB. Stock encoders never
// name an attachment twice.
inline constexpr std::size_t max_reused_attachment_bytes = 1024 * 1024;

// Between packets a decoder is three pointers; the packet being completed lives on the heap.
class TextDecoder final : public Decoder {
public:
    void set_raw_filter(RawFilter const& filter) override { raw_filter_ = &filter; }
    DecodeResult on_text(std::string_view text) override;
    DecodeResult on_binary(std::string_view bytes) override;

    bool is_waiting() const { return pending_ != nullptr; }

private:
    struct Pending {
        Packet packet;
        std::size_t expected = 0;
        std::vector<std::string> attachments;
    };

    std::unique_ptr<Pending> pending_;
    RawFilter const* raw_filter_ = nullptr;
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
