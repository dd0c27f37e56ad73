#include "engineio/net/text.hpp"

#include <cstring>

namespace engineio::net {

namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

/// Length of the leading run of ASCII, looked at eight bytes at a time: nearly all traffic is
/// JSON, whose keys and punctuation never leave this loop.
std::size_t ascii_prefix(std::string_view text) noexcept {
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + i, sizeof word);
        if (word & high_bits) {
            break;
        }
    }
    while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) {
        ++i;
    }
    return i;
}

}  // namespace

bool Utf8State::step(std::uint8_t byte) noexcept {
    if (left_ > 0) {
        ok_ = byte >= low_ && byte <= high_;
        --left_;
        low_ = 0x80;
        high_ = 0xBF;
        return ok_;
    }
    if (byte < 0x80) {
        return true;
    }
    // The second byte's bounds exclude overlong forms (E0, F0), surrogates (ED) and everything
    // above U+10FFFF (F4); RFC 3629 section 4.
    if (byte >= 0xC2 && byte <= 0xDF) {
        left_ = 1;
    } else if (byte >= 0xE0 && byte <= 0xEF) {
        left_ = 2;
        low_ = byte == 0xE0 ? 0xA0 : 0x80;
        high_ = byte == 0xED ? 0x9F : 0xBF;
    } else if (byte >= 0xF0 && byte <= 0xF4) {
        left_ = 3;
        low_ = byte == 0xF0 ? 0x90 : 0x80;
        high_ = byte == 0xF4 ? 0x8F : 0xBF;
    } else {
        ok_ = false;
    }
    return ok_;
}

bool Utf8State::feed(std::string_view bytes) noexcept {
    while (ok_ && !bytes.empty()) {
        if (left_ == 0) {
            bytes.remove_prefix(ascii_prefix(bytes));
            if (bytes.empty()) {
                break;
            }
        }
        step(static_cast<std::uint8_t>(bytes.front()));
        bytes.remove_prefix(1);
    }
    return ok_;
}

bool is_valid_utf8(std::string_view text) noexcept {
    Utf8State state;
    return state.feed(text) && state.complete();
}

std::string replace_invalid_utf8(std::string_view text) {
    if (is_valid_utf8(text)) {
        return std::string(text);
    }
    std::string out;
    out.reserve(text.size() + 8);
    std::size_t begin = 0;  // of the character being read
    Utf8State state;
    for (std::size_t i = 0; i < text.size();) {
        if (state.feed(text.substr(i, 1))) {
            ++i;
            if (state.complete()) {
                out.append(text, begin, i - begin);
                begin = i;
            }
            continue;
        }
        // One replacement per maximal start of a character; the byte that broke it is looked at
        // again unless it could not even start one.
        out += replacement_character;
        i = i == begin ? i + 1 : i;
        begin = i;
        state = Utf8State{};
    }
    if (begin < text.size()) {
        out += replacement_character;
    }
    return out;
}

std::size_t utf16_length(std::string_view text) noexcept {
    std::size_t units = 0;
    for (char c : text) {
        auto const byte = static_cast<unsigned char>(c);
        units += (byte & 0xC0) != 0x80;  // every character starts once …
        units += byte >= 0xF0;           // … and four-byte ones are surrogate pairs
    }
    return units;
}

std::size_t utf16_prefix_bytes(std::string_view text, std::size_t units) noexcept {
    std::size_t i = 0;
    while (i < text.size()) {
        auto const byte = static_cast<unsigned char>(text[i]);
        std::size_t const width = byte >= 0xF0 ? 2 : 1;
        if (width > units) {
            break;
        }
        units -= width;
        std::size_t const bytes = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
        i += bytes < text.size() - i ? bytes : text.size() - i;
    }
    return i;
}

}  // namespace engineio::net
