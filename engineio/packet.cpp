#include "engineio/packet.hpp"

#include "engineio/net/text.hpp"

namespace engineio {

namespace {

std::optional<PacketType> type_of(char digit) {
    if (digit < '0' || digit > '6') {
        return std::nullopt;
    }
    return static_cast<PacketType>(digit - '0');
}

// What follows a 'b': in revision 4 the base64 text at once, in revision 3 a type digit first.
std::optional<Packet> decode_base64_form(std::string_view text, int revision,
                                         std::string& scratch) {
    auto type = std::optional(PacketType::message);
    if (revision == 3) {
        if (text.empty() || !(type = type_of(text.front()))) {
            return std::nullopt;
        }
        text.remove_prefix(1);
    }
    scratch = net::base64_decode(text);
    return Packet{*type, true, scratch};
}

}  // namespace

std::optional<Packet> decode_text(std::string_view text, int revision, std::string& scratch) {
    if (text.empty()) {
        return std::nullopt;
    }
    if (text.front() == 'b') {
        return decode_base64_form(text.substr(1), revision, scratch);
    }
    auto const type = type_of(text.front());
    if (!type) {
        return std::nullopt;
    }
    return Packet{*type, false, text.substr(1)};
}

std::optional<Packet> decode_binary(std::string_view bytes, int revision) {
    if (revision != 3) {
        return Packet{PacketType::message, true, bytes};
    }
    // Revision 3 writes the type as a byte of that value, not as a digit.
    if (bytes.empty() || static_cast<unsigned char>(bytes.front()) > 6) {
        return std::nullopt;
    }
    return Packet{static_cast<PacketType>(bytes.front()), true, bytes.substr(1)};
}

void append_text_form(std::string& out, net::Message const& message, int revision) {
    if (message.kind() == net::MessageKind::text) {
        out += message.payload();
        return;
    }
    out += revision == 3 ? "b4" : "b";
    out += net::base64_encode(message.payload());
}

net::Message make_packet(PacketType type, std::string_view data) {
    char const type_digit = digit(type);
    return net::Message::make(net::MessageKind::text, {&type_digit, 1}, data);
}

}  // namespace engineio
