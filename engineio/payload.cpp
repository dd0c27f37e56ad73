#include "engineio/payload.hpp"

#include <fmt/format.h>

#include <iterator>

namespace engineio {

namespace {

constexpr char separator = '\x1e';

void append_json_char(std::string& out, char c) {
    switch (c) {
    case '"':
        out += "\\\"";
        return;
    case '\\':
        out += "\\\\";
        return;
    case '\b':
        out += "\\b";
        return;
    case '\f':
        out += "\\f";
        return;
    case '\n':
        out += "\\n";
        return;
    case '\r':
        out += "\\r";
        return;
    case '\t':
        out += "\\t";
        return;
    default:
        break;
    }
    if (static_cast<unsigned char>(c) < 0x20) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<int>(c));
    } else {
        out += c;
    }
}

}  // namespace

bool decode_payload(std::string_view body, PayloadPosition& position, PacketSink const& sink) {
    std::string scratch;
    for (bool goes_on = true; goes_on && !position.ended;) {
        auto const end = body.find(separator, position.at);
        auto const packet = decode_text(body.substr(position.at, end - position.at), 4, scratch);
        position.at = end + 1;
        position.ended = !packet || end == std::string_view::npos;
        if (!packet) {
            return false;
        }
        goes_on = sink(*packet);
    }
    return true;
}

std::string encode_payload(std::span<Outgoing const> packets) {
    std::size_t size = packets.size();
    for (auto const& packet : packets) {
        bool const binary = packet.message.kind() == net::MessageKind::binary;
        size += binary ? packet.message.size() / 3 * 4 + 5 : packet.message.size();
    }
    std::string body;
    body.reserve(size);
    for (auto const& packet : packets) {
        if (&packet != packets.data()) {
            body += separator;
        }
        append_text_form(body, packet.message, 4);
    }
    return body;
}

std::string escape_json(std::string_view text) {
    std::string out;
    for (char c : text) {
        append_json_char(out, c);
    }
    return out;
}

std::string encode_jsonp(std::string_view index, std::string_view payload) {
    std::string out = fmt::format("___eio[{}](\"", index);
    out.reserve(out.size() + payload.size() + payload.size() / 8 + 4);
    for (std::size_t i = 0; i < payload.size(); ++i) {
        // U+2028 and U+2029 end a line in old JavaScript, also inside a string.
        auto const three = payload.substr(i, 3);
        if (three == "\u2028" || three == "\u2029") {
            out += three == "\u2028" ? "\\u2028" : "\\u2029";
            i += 2;
        } else {
            append_json_char(out, payload[i]);
        }
    }
    return out += "\");";
}

std::string jsonp_index(std::string_view parameter) {
    std::string digits;
    for (char c : parameter) {
        if (c >= '0' && c <= '9') {
            digits += c;
        }
    }
    return digits;
}

std::string unescape_jsonp(std::string_view field) {
    std::string out;
    out.reserve(field.size());
    for (std::size_t i = 0; i < field.size(); ++i) {
        if (field.substr(i, 3) == "\\\\n") {
            out += "\\n";
            i += 2;
        } else if (field.substr(i, 2) == "\\n") {
            out += '\n';
            ++i;
        } else {
            out += field[i];
        }
    }
    return out;
}

}  // namespace engineio
