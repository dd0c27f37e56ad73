#pragma once

#include "engineio/net/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engineio {

/// The seven packet types of Engine.IO; the values are the digits on the wire.
enum class PacketType : std::uint8_t { open, close, ping, pong, message, upgrade, noop };

/// One received packet. `data` points into the received bytes, or into the scratch string given to
/// the decoder if it was base64.
struct Packet {
    PacketType type = PacketType::noop;
    bool binary = false;
    std::string_view data;
};

/// A packet in its text form: a type digit and data, or 'b' and base64 of a binary message.
/// `revision` 3 has a type digit after the 'b'. Nothing if it is neither (a parse error). Base64 is
/// decoded leniently and never an error.
std::optional<Packet> decode_text(std::string_view text, int revision, std::string& scratch);

/// A binary WebSocket message: raw data in revision 4, a type byte and data in revision 3.
std::optional<Packet> decode_binary(std::string_view bytes, int revision);

/// The text form of an outgoing message: as it is, or base64 behind 'b' (revision 3: "b4").
void append_text_form(std::string& out, net::Message const& message, int revision);

/// A packet without data or with a short one, e.g. "2" or "3probe".
net::Message make_packet(PacketType type, std::string_view data = {});

constexpr char digit(PacketType type) {
    return static_cast<char>('0' + static_cast<int>(type));
}

}  // namespace engineio
