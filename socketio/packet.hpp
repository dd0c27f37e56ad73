#pragma once

// One Socket.IO packet, decoded and encoded (Socket.IO protocol 5, "Packet encoding"). Both are
// plain values: a parser makes them, the client that owns the session moves them on.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socketio/json.hpp"

namespace socketio {

/// The packet types of Socket.IO protocol 5; the values are those on the wire.
enum class PacketType : std::uint8_t {
    connect = 0,
    disconnect,
    event,
    ack,
    connect_error,
    binary_event,
    binary_ack,
};

/// Largest ack id: 2^53-1. The reference lets larger ones lose digits and answers a wrong id.
inline constexpr std::uint64_t max_packet_id = 9007199254740991;

/// One packet as the rest of the library sees it.
struct Packet {
    /// Never one of the binary types: a decoded binary event is an event with Binary in its data.
    PacketType type = PacketType::connect;
    /// The namespace, with its slash.
    std::string nsp = "/";
    /// Of an event that wants an acknowledgement, and of that.
    std::optional<std::uint64_t> id;
    /// Null if has_data is false. An event's first element is its name, a string or number. Events
    /// and acks that came without payload (legal in the text encoding) have an empty array here,
    /// and has_data is true.
    Json data;
    bool has_data = false;
    /// An event that only handlers of RawJson hear: its arguments as text; `data` is null then.
    /// Made only by decoders that were asked to (Decoder::set_raw_filter).
    struct RawEvent {
        /// The event's name, and the JSON text of each argument.
        std::string name;
        std::vector<std::string> args;
    };
    /// As said above.
    std::optional<RawEvent> raw = std::nullopt;

    /// Makes values of the text, for whoever needs them after all.
    void parse_raw();
};

/// What goes to the Engine.IO layer: one text or binary message, then the attachments as binary
/// messages directly behind it.
struct EncodedPacket {
    /// Whether `main`, the first message, is a binary one.
    bool binary_main = false;
    std::string main;
    /// Further messages, all binary.
    std::vector<std::string> attachments;

    std::size_t bytes() const;  ///< of all messages
};

/// True for names an application must never receive from a peer, because they are lifecycle events
/// of the library (connect, connect_error, disconnect, disconnecting, newListener, removeListener).
bool is_reserved_event(std::string_view name);

/// True if `data` is what the protocol allows as payload of a (not binary) packet of this type;
/// null stands for "no payload".
bool is_valid_payload(PacketType type, Json const* data);

}  // namespace socketio
