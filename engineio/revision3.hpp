#pragma once

#include "engineio/packet.hpp"
#include "engineio/payload.hpp"
#include "engineio/transport.hpp"

#include <span>
#include <string>
#include <string_view>

// Engine.IO 3 on the wire (option allow_eio3), as Socket.IO v2 clients speak it: length-prefixed
// payloads in a text and a binary form, reference-behaviour 5.7.
namespace engineio::revision3 {

struct Payload {
    std::string body;
    bool binary = false;  // to be sent as application/octet-stream
};

// The text form unless a packet is binary and `base64_only` is false.
Payload encode_payload(std::span<Outgoing const> packets, bool base64_only);

// "<length in UTF-16 units>:<packet>" repeated; `body` is valid UTF-8. As decode_payload().
bool decode_text_payload(std::string_view body, PayloadPosition& position, PacketSink const& sink);

// Per packet: byte 0 (text) or 1 (binary), the decimal digits of the length as bytes 0 to 9, 0xff,
// data. As decode_payload().
bool decode_binary_payload(std::string_view body, PayloadPosition& position,
                           PacketSink const& sink);

}  // namespace engineio::revision3
