#pragma once

// What holds for every packet that a decoder gives out.

#include "engineio/net/text.hpp"
#include "socketio/json.hpp"
#include "socketio/parser.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <string>

namespace fuzz {

inline std::string shown(socketio::Packet const& packet) {
    return std::to_string(static_cast<int>(packet.type)) + packet.nsp + "," +
           (packet.id ? std::to_string(*packet.id) : "") +
           (packet.has_data ? packet.data.dump() : "");
}

inline std::size_t depth_of(socketio::Json const& value) {
    std::size_t deepest = 0;
    if (auto const* const items = value.array_items()) {
        for (auto const& item : *items) {
            deepest = std::max(deepest, depth_of(item));
        }
        return deepest + 1;
    }
    if (auto const* const object = value.object_members()) {
        for (auto const& [name, item] : *object) {
            deepest = std::max(deepest, depth_of(item));
        }
        return deepest + 1;
    }
    return 0;
}

inline std::size_t count_of(socketio::Json const& value) {
    std::size_t count = 1;
    if (auto const* const items = value.array_items()) {
        for (auto const& item : *items) {
            count += count_of(item);
        }
    } else if (auto const* const object = value.object_members()) {
        for (auto const& [name, item] : *object) {
            count += count_of(item);
        }
    }
    return count;
}

// Without a payload that its type should have, which only the text encoding allows.
inline bool is_bare(socketio::Packet const& packet) {
    bool const empty_event = packet.type == socketio::PacketType::event && packet.data.is_array() &&
                             packet.data.size() == 0;
    return empty_event || (packet.type == socketio::PacketType::connect_error && !packet.has_data);
}

inline void check_promises(socketio::Packet const& packet) {
    using socketio::PacketType;
    FUZZ_CHECK(packet.type != PacketType::binary_event && packet.type != PacketType::binary_ack);
    bool const bare = is_bare(packet);
    FUZZ_CHECK(bare || is_valid_payload(packet.type, packet.has_data ? &packet.data : nullptr));
    FUZZ_CHECK(packet.nsp.starts_with('/'));
    FUZZ_CHECK(!packet.id || *packet.id <= socketio::max_packet_id);
    FUZZ_CHECK(depth_of(packet.data) <= socketio::max_json_depth);
    FUZZ_CHECK(engineio::net::is_valid_utf8(packet.data.dump()));
}

inline socketio::EncodedPacket encode(socketio::Parser const& parser,
                                      socketio::Packet const& packet) {
    auto const tell = [&](socketio::Writer& writer) { socketio::write(writer, packet.data); };
    return packet.has_data
               ? parser.encode(packet.type, packet.nsp, packet.id, socketio::PayloadRef(tell))
               : parser.encode(packet.type, packet.nsp, packet.id, nullptr);
}

inline void check_msgpack_round_trip(socketio::Packet const& packet) {
    auto const encoded = encode(*socketio::msgpack_parser(), packet);
    FUZZ_CHECK(encoded.binary_main && encoded.attachments.empty());
    auto const again = socketio::msgpack_parser()->make_decoder()->on_binary(encoded.main);
    bool const lone_surrogates = packet.data.dump().find("\\ud") != std::string::npos;
    // The tree of the packet is one level more, and surrogates are no UTF-8 of MessagePack's.
    if (!lone_surrogates && !is_bare(packet) && depth_of(packet.data) < socketio::max_json_depth) {
        FUZZ_CHECK(again.kind == socketio::DecodeResult::Kind::packet);
        FUZZ_SAME(shown(again.packet), shown(packet));
    }
}

}  // namespace fuzz
