#pragma once

#include "engineio/packet.hpp"
#include "engineio/payload.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

namespace rig {

// Decodes a payload from a position on.
using Decode = std::function<bool(engineio::PayloadPosition&, engineio::PacketSink const&)>;

// With a stop behind each packet, or none.
inline std::string decoded(Decode const& decode, bool stops) {
    std::string out;
    engineio::PayloadPosition position;
    bool closed = false;
    auto const sink = [&](engineio::Packet const& packet) {
        out += digit(packet.type);
        out += packet.binary ? "b" : "";
        out += ":";
        out += packet.data;
        out += " ";
        closed = packet.type == engineio::PacketType::close;
        return !closed && !stops;
    };
    bool valid = true;
    while (valid && !closed && !position.ended) {
        valid = decode(position, sink);
    }
    return valid ? out : out + "!";
}

// "type:data" of every packet until one closes, then "!" if the payload was invalid. Stops behind
// its packets do not change that.
inline std::string decoded(Decode const& decode) {
    auto const whole = decoded(decode, false);
    CHECK(decoded(decode, true) == whole);
    return whole;
}

}  // namespace rig
