#include "engineio/revision3.hpp"

#include "engineio/net/text.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace engineio::revision3 {

namespace {

// No payload is that long; a longer number is junk and must not overflow.
constexpr std::size_t max_length_digits = 10;

void append_text_packet(std::string& out, net::Message const& message) {
    std::string text;
    append_text_form(text, message, 3);
    out += std::to_string(net::utf16_length(text));
    out += ':';
    out += text;
}

void append_binary_packet(std::string& out, net::Message const& message) {
    bool const binary = message.kind() == net::MessageKind::binary;
    // Binary data is preceded by its type byte, text holds its type digit already.
    auto const length = std::to_string(message.size() + (binary ? 1 : 0));
    out += static_cast<char>(binary ? 1 : 0);
    for (char c : length) {
        out += static_cast<char>(c - '0');
    }
    out += '\xff';
    if (binary) {
        out += '\x04';
    }
    out += message.payload();
}

// A decimal number whose digits are `zero` … `zero` + 9, ended by `end`; moves `rest` behind it.
std::optional<std::uint64_t> take_length(std::string_view& rest, char zero, char end) {
    auto const digits = rest.substr(0, max_length_digits + 1).find(end);
    if (digits == std::string_view::npos || digits == 0) {
        return std::nullopt;
    }
    std::uint64_t length = 0;
    for (char c : rest.substr(0, digits)) {
        auto const value = static_cast<unsigned char>(c - zero);
        if (value > 9) {
            return std::nullopt;
        }
        length = length * 10 + value;
    }
    rest.remove_prefix(digits + 1);
    return length;
}

// The client's encoder writes lone surrogates as three bytes; the reference reads them as U+FFFD
// and takes other violations of UTF-8 for a broken packet.
bool repair_text(std::string& text) {
    constexpr std::string_view replacement = "\xef\xbf\xbd";
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    for (std::size_t i = 0; i + 2 < text.size(); ++i) {
        if (byte(i) == 0xed && (byte(i + 1) & 0xe0) == 0xa0 && (byte(i + 2) & 0xc0) == 0x80) {
            text.replace(i, replacement.size(), replacement);
        }
    }
    return net::is_valid_utf8(text);
}

std::optional<Packet> decode_one(std::string_view data, bool binary, std::string& scratch) {
    if (binary) {
        return decode_binary(data, 3);
    }
    return decode_text(data, 3, scratch);
}

}  // namespace

Payload encode_payload(std::span<Outgoing const> packets, bool base64_only) {
    Payload payload;
    payload.binary = !base64_only && std::any_of(packets.begin(), packets.end(), [](auto& packet) {
        return packet.message.kind() == net::MessageKind::binary;
    });
    for (auto const& packet : packets) {
        if (payload.binary) {
            append_binary_packet(payload.body, packet.message);
        } else {
            append_text_packet(payload.body, packet.message);
        }
    }
    return payload;
}

bool decode_text_payload(std::string_view body, PayloadPosition& position, PacketSink const& sink) {
    auto rest = body.substr(position.at);
    position.ended = true;  // unless the sink stops before
    if (rest.empty()) {
        return false;
    }
    std::string scratch;
    while (!rest.empty()) {
        auto const length = take_length(rest, '0', ':');
        if (!length || *length > rest.size()) {
            return false;
        }
        auto const bytes = net::utf16_prefix_bytes(rest, *length);
        auto const text = rest.substr(0, bytes);
        // Too short, or the length ends between the halves of a surrogate pair.
        if (net::utf16_length(text) != *length) {
            return false;
        }
        rest.remove_prefix(bytes);
        if (text.empty()) {
            continue;  // the reference skips packets of length 0
        }
        auto const packet = decode_text(text, 3, scratch);
        if (!packet) {
            return false;
        }
        if (!sink(*packet)) {
            position = {body.size() - rest.size(), rest.empty()};
            return true;
        }
    }
    return true;
}

bool decode_binary_payload(std::string_view body, PayloadPosition& position,
                           PacketSink const& sink) {
    auto rest = body.substr(position.at);
    position.ended = true;  // unless the sink stops before
    if (rest.empty()) {
        return false;
    }
    std::string scratch;
    std::string text;
    while (!rest.empty()) {
        bool const binary = rest.front() != 0;
        rest.remove_prefix(1);
        auto const length = take_length(rest, '\0', '\xff');
        if (!length || *length > rest.size()) {
            return false;
        }
        auto data = rest.substr(0, *length);
        rest.remove_prefix(*length);
        if (!binary && !net::is_valid_utf8(data)) {
            text = data;
            if (!repair_text(text)) {
                return false;
            }
            data = text;
        }
        auto const packet = decode_one(data, binary, scratch);
        if (!packet) {
            return false;
        }
        if (!sink(*packet)) {
            position = {body.size() - rest.size(), rest.empty()};
            return true;
        }
    }
    return true;
}

}  // namespace engineio::revision3
