#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace apps::common {

/// The longest beginning of the text with at most `max_bytes` that does not cut a UTF-8 character
/// in two: half a character in a text frame would make every receiver close its connection
/// (RFC 6455 section 8.1).
inline std::string clipped(std::string_view text, std::size_t max_bytes) {
    if (text.size() > max_bytes) {
        auto end = max_bytes;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
            --end;
        }
        text = text.substr(0, end);
    }
    return std::string(text);
}

}  // namespace apps::common
