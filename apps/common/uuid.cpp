#include "apps/common/uuid.hpp"

#include "engineio/net/text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace apps::common {

namespace {

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_dash_position(std::size_t i) {
    return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

std::string random_uuid() {
    std::array<std::uint8_t, 16> bytes;
    engineio::net::random_fill(bytes.data(), bytes.size());
    bytes[6] = (bytes[6] & 0x0FU) | 0x40U;  // RFC 9562: version 4
    bytes[8] = (bytes[8] & 0x3FU) | 0x80U;  // RFC 9562: variant 10
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (auto const byte : bytes) {
        if (is_dash_position(text.size())) {
            text += '-';
        }
        text += digits[byte >> 4];
        text += digits[byte & 0x0FU];
    }
    return text;
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_dash_position(i) ? text[i] != '-' : !is_hex(text[i])) {
            return false;
        }
    }
    return true;
}

}  // namespace apps::common
