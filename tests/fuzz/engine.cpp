// Engine.IO packets and payloads, revision 4 and 3: what was decoded is encoded and decoded again
// to the same, and decoding stops where the sink says.

#include "engineio/net/text.hpp"
#include "engineio/packet.hpp"
#include "engineio/payload.hpp"
#include "engineio/revision3.hpp"
#include "tests/fuzz/targets.hpp"

#include <string>
#include <vector>

namespace fuzz {
namespace engine_target {

using namespace engineio;
using net::Message;
using net::MessageKind;

struct Kept {
    PacketType type;
    bool binary;
    std::string data;

    bool operator==(Kept const&) const = default;
};

struct Decoded {
    bool good = false;
    std::vector<Kept> packets;
};

template <class Decode>
Decoded decode(std::string_view body, Decode decode, std::size_t at_most,
               PayloadPosition& position) {
    Decoded result;
    // A copy of exactly that size, so that reading over its end is noticed.
    std::vector<char> const copy(body.begin(), body.end());
    auto const sink = [&](Packet const& packet) {
        FUZZ_CHECK(static_cast<int>(packet.type) <= 6);
        result.packets.push_back({packet.type, packet.binary, std::string(packet.data)});
        return result.packets.size() < at_most;
    };
    result.good = decode(std::string_view(copy.data(), copy.size()), position, sink);
    return result;
}

template <class Decode>
Decoded decode(std::string_view body, Decode decode_all, std::size_t at_most = ~std::size_t{0}) {
    PayloadPosition position;
    return decode(body, decode_all, at_most, position);
}

// What a session would queue for them. Binary data travels in messages only.
std::vector<Outgoing> queued(std::vector<Kept> const& packets) {
    std::vector<Outgoing> out;
    for (auto const& packet : packets) {
        out.push_back({packet.binary ? Message::make(MessageKind::binary, packet.data)
                                     : make_packet(packet.type, packet.data)});
    }
    return out;
}

bool all_messages(std::vector<Kept> const& packets) {
    return std::all_of(packets.begin(), packets.end(), [](Kept const& packet) {
        return !packet.binary || packet.type == PacketType::message;
    });
}

template <class Decode>
void check_sink(std::string_view body, Decoded const& all, Decode decode_all) {
    if (!all.packets.empty()) {
        auto const first = decode(body, decode_all, 1);
        FUZZ_CHECK(first.good && first.packets.size() == 1);
        FUZZ_CHECK(first.packets.front() == all.packets.front());
    }
    // One at a time they are the same.
    PayloadPosition position;
    Decoded one{true, {}};
    for (std::size_t i = 0; one.good && !position.ended; ++i) {
        one = decode(body, decode_all, 1, position);
        FUZZ_CHECK(one.packets.size() == (i < all.packets.size() ? 1 : 0));
        FUZZ_CHECK(one.packets.empty() || one.packets.front() == all.packets[i]);
    }
    FUZZ_CHECK(one.good == all.good);
}

void check_packet(std::string_view text, int revision) {
    std::string scratch;
    if (auto const packet = decode_text(text, revision, scratch)) {
        std::string again;
        if (!packet->binary) {
            again = digit(packet->type) + std::string(packet->data);
            FUZZ_SAME(again, std::string(text));
        } else if (packet->type == PacketType::message) {
            append_text_form(again, Message::make(MessageKind::binary, packet->data), revision);
            std::string other;
            auto const second = decode_text(again, revision, other);
            FUZZ_CHECK(second && second->binary && second->data == packet->data);
        }
    }
    if (auto const packet = decode_binary(text, revision)) {
        FUZZ_CHECK(packet->binary);
        FUZZ_CHECK(packet->data.size() + (revision == 3 ? 1 : 0) == text.size());
    }
}

void check_payload4(std::string_view body) {
    auto const all = decode(body, decode_payload);
    check_sink(body, all, decode_payload);
    auto const again = decode(encode_payload(queued(all.packets)), decode_payload);
    FUZZ_CHECK(again.packets == all.packets);
}

// The one place where a browser's script is made of foreign bytes.
void check_jsonp(std::string_view text) {
    auto const script = encode_jsonp(jsonp_index(text), text);
    auto const begin = script.find("](\"");
    FUZZ_CHECK(begin != std::string::npos && script.ends_with("\");"));
    FUZZ_CHECK(script.find_first_not_of("0123456789", 7) == begin);
    auto const inside = std::string_view(script).substr(begin + 3, script.size() - begin - 6);
    for (std::size_t i = 0; i < inside.size(); ++i) {
        FUZZ_CHECK(static_cast<unsigned char>(inside[i]) >= 0x20 && inside[i] != '"');
        i += inside[i] == '\\' ? 1 : 0;
        FUZZ_CHECK(i < inside.size());  // else the closing quote would be escaped
    }
    FUZZ_CHECK(inside.find("\u2028") == inside.npos && inside.find("\u2029") == inside.npos);
    FUZZ_CHECK(unescape_jsonp(text).size() <= text.size());
}

void check_payload3(std::string_view body, bool valid_text) {
    using namespace revision3;
    for (auto const decode_all : {decode_text_payload, decode_binary_payload}) {
        if (decode_all == decode_text_payload && !valid_text) {
            continue;  // the layer below refuses it
        }
        auto const all = decode(body, decode_all);
        check_sink(body, all, decode_all);
        for (auto const& packet : all.packets) {
            FUZZ_CHECK(packet.binary || net::is_valid_utf8(packet.data));
        }
        if (all.packets.empty() || !all_messages(all.packets)) {
            continue;
        }
        for (bool const base64_only : {false, true}) {
            auto const written = revision3::encode_payload(queued(all.packets), base64_only);
            auto const again =
                decode(written.body, written.binary ? decode_binary_payload : decode_text_payload);
            FUZZ_CHECK(again.good && again.packets == all.packets);
        }
    }
}

}  // namespace engine_target

void engine4(Bytes bytes) {
    using namespace engine_target;
    auto const text = Input(bytes).rest();
    check_packet(text, 4);
    check_payload4(text);
    check_jsonp(text);
}

void engine3(Bytes bytes) {
    using namespace engine_target;
    auto const text = Input(bytes).rest();
    check_packet(text, 3);
    check_payload3(text, engineio::net::is_valid_utf8(text));
}

}  // namespace fuzz
