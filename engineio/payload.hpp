#pragma once

#include "engineio/packet.hpp"
#include "engineio/transport.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace engineio {

// Takes one packet of a payload; false stops the decoding.
using PacketSink = std::function<bool(Packet const&)>;

// Where the decoding of a body has stopped and may go on.
struct PayloadPosition {
    std::size_t at = 0;
    bool ended = false;  // behind the last packet, or at an invalid one
};

// A polling body of revision 4: packets separated by 0x1e. Gives every packet to `sink`, in order,
// up to the first invalid one. False if there was one (an empty body is one). Linear; `body` is
// valid UTF-8.
bool decode_payload(std::string_view body, PayloadPosition& position, PacketSink const& sink);

// The body that carries these packets.
std::string encode_payload(std::span<Outgoing const> packets);

// The inside of a JSON string (RFC 8259 section 7); `text` is valid UTF-8.
std::string escape_json(std::string_view text);

// --- JSONP (reference-behaviour 1.11) ---------------------------------------------------------

// The payload wrapped as `___eio[<index>]("...");`, safe to be evaluated as JavaScript.
std::string encode_jsonp(std::string_view index, std::string_view payload);

// The digits of the `j` parameter, which is what may be put into a script.
std::string jsonp_index(std::string_view parameter);

// Undoes the escaping of field `d` of a JSONP form: backslash-n stands for a line feed, and
// backslash-backslash-n for backslash-n.
std::string unescape_jsonp(std::string_view field);

}  // namespace engineio
