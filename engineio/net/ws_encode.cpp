#include "engineio/limits.hpp"
#include "engineio/net/ws_codec.hpp"

#include <algorithm>
#include <array>
#include <cstring>

/// The sending half of RFC 6455 section 5.2 and what both directions share; decoding is in
/// ws_codec.cpp.
namespace engineio::net {

bool is_valid_close_code(std::uint16_t code) noexcept {
    bool const protocol = code >= 1000 && code <= 1014 && !(code >= 1004 && code <= 1006);
    return protocol || (code >= 3000 && code <= 4999);
}

std::size_t encode_header(char* out, Opcode opcode, std::uint64_t payload_bytes,
                          bool rsv1) noexcept {
    int const first = 0x80 | (rsv1 ? 0x40 : 0) | static_cast<int>(opcode);  // FIN, RSV1
    out[0] = static_cast<char>(first);
    if (payload_bytes < 126) {
        out[1] = static_cast<char>(payload_bytes);
        return 2;
    }
    std::size_t const width = payload_bytes <= 0xFFFF ? 2 : 8;
    out[1] = static_cast<char>(width == 2 ? 126 : 127);
    for (std::size_t i = 0; i < width; ++i) {
        out[1 + width - i] = static_cast<char>(payload_bytes >> (8 * i) & 0xFF);
    }
    return 2 + width;
}

std::string encode_control(Opcode opcode, std::string_view payload) {
    payload = payload.substr(0, limits::max_control_payload_bytes);
    std::string frame(2, '\0');
    encode_header(frame.data(), opcode, payload.size());
    return frame.append(payload);
}

std::string encode_close(std::optional<std::uint16_t> code, std::string_view reason) {
    if (!code) {
        return encode_control(Opcode::close, {});
    }
    std::size_t end = std::min(reason.size(), limits::max_control_payload_bytes - 2);
    // Step back to the start of the character that would be cut.
    while (end < reason.size() && end > 0 && (reason[end] & 0xC0) == 0x80) {
        --end;
    }
    std::string payload{static_cast<char>(*code >> 8), static_cast<char>(*code & 0xFF)};
    return encode_control(Opcode::close, payload.append(reason.substr(0, end)));
}

void apply_mask(std::span<char> data, std::uint32_t key, std::size_t offset) noexcept {
    std::array<char, 4> key_bytes;
    std::memcpy(key_bytes.data(), &key, 4);
    std::array<char, 8> pattern;  // the key, rotated to where `data` begins
    for (std::size_t i = 0; i < 8; ++i) {
        pattern[i] = key_bytes[(offset + i) & 3];
    }
    std::uint64_t wide;
    std::memcpy(&wide, pattern.data(), 8);
    std::size_t i = 0;
    for (; i + 8 <= data.size(); i += 8) {
        std::uint64_t word;
        std::memcpy(&word, data.data() + i, 8);
        word ^= wide;
        std::memcpy(data.data() + i, &word, 8);
    }
    for (; i < data.size(); ++i) {
        data[i] = static_cast<char>(data[i] ^ pattern[i & 7]);
    }
}

}  // namespace engineio::net
