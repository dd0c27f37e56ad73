// Socket.IO packets, as text with attachments: what a decoder gives out keeps the promises of
// parser.hpp, means the same when it is encoded and decoded again in either wire form, and is the
// same event when it is left as text.

#include "engineio/limits.hpp"
#include "engineio/net/text.hpp"
#include "socketio/msgpack_parser.hpp"
#include "socketio/raw_json.hpp"
#include "socketio/text_parser.hpp"
#include "tests/fuzz/packet_checks.hpp"
#include "tests/fuzz/targets.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fuzz {
namespace packet_target {

using namespace socketio;

struct EverythingRaw final : RawFilter {
    bool wants_raw(std::string_view, std::string_view) const override { return true; }
};

struct Message {
    bool binary;
    std::string data;
};

// Divided by 0x1e; one that begins with 0x01 is binary.
std::vector<Message> messages_of(Input input) {
    std::vector<Message> messages;
    while (!input.empty()) {
        auto const piece = input.until('\x1e');
        bool const binary = piece.starts_with('\x01');
        messages.push_back({binary, binary ? std::string(piece.substr(1))
                                           : engineio::net::replace_invalid_utf8(piece)});
    }
    return messages;
}

// What a decoder says to the messages until it fails, and the packets.
struct Run {
    std::string log;
    std::vector<Packet> packets;
};

Run run(std::vector<Message> const& messages, RawFilter const* filter) {
    TextDecoder decoder;
    if (filter) {
        decoder.set_raw_filter(*filter);
    }
    Run result;
    unsigned waited = 0;
    for (auto const& message : messages) {
        auto decoded =
            message.binary ? decoder.on_binary(message.data) : decoder.on_text(message.data);
        if (decoded.kind == DecodeResult::Kind::error) {
            FUZZ_CHECK(!decoded.error.empty());
            result.log += "error " + decoded.error;
            break;
        }
        FUZZ_CHECK(decoder.is_waiting() == (decoded.kind == DecodeResult::Kind::need_more));
        waited = decoder.is_waiting() ? waited + 1 : 0;
        FUZZ_CHECK(waited <= engineio::limits::max_attachments);
        if (decoded.kind == DecodeResult::Kind::need_more) {
            result.log += "wait\n";
            continue;
        }
        if (decoded.packet.raw) {
            for (auto const& arg : decoded.packet.raw->args) {
                FUZZ_CHECK(RawJson::parse(arg).has_value());
            }
            decoded.packet.parse_raw();
        }
        check_promises(decoded.packet);
        result.log += shown(decoded.packet) + "\n";
        result.packets.push_back(std::move(decoded.packet));
    }
    return result;
}

// 1e999 is Infinity, which JavaScript takes as a name and prints as null, which it does not take.
bool is_named_infinity(Packet const& packet) {
    auto const number = packet.data.is_array() ? packet.data[0].number() : std::nullopt;
    return packet.type == PacketType::event && number && !std::isfinite(*number);
}

void check_text_round_trip(Packet const& packet) {
    auto const encoded = encode(*text_parser(), packet);
    bool const empty_event = packet.has_data && is_bare(packet);
    if (empty_event || is_named_infinity(packet) ||
        encoded.attachments.size() > engineio::limits::max_attachments) {
        return;  // what we take from a peer so, we would not take from ourselves
    }
    std::vector<Message> messages{{false, encoded.main}};
    for (auto const& attachment : encoded.attachments) {
        messages.push_back({true, attachment});
    }
    auto const again = run(messages, nullptr);
    FUZZ_CHECK(again.packets.size() == 1);
    FUZZ_SAME(shown(again.packets.front()), shown(packet));
}

}  // namespace packet_target

void packets(Bytes bytes) {
    using namespace packet_target;
    auto const messages = messages_of(Input(bytes));
    auto const values = run(messages, nullptr);
    EverythingRaw const filter;
    FUZZ_SAME(run(messages, &filter).log, values.log);
    for (auto const& packet : values.packets) {
        check_text_round_trip(packet);
        check_msgpack_round_trip(packet);
    }
}

}  // namespace fuzz
