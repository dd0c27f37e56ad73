#include "socketio/recovery_offset.hpp"

#include <algorithm>
#include <charconv>

namespace socketio {

namespace {

constexpr std::string_view offset_alphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

}  // namespace

std::string RecoveryOffset::text() const {
    std::string text;
    for (auto rest = stamp; rest > 0; rest /= 64) {
        text.push_back(offset_alphabet[rest % 64]);
    }
    std::ranges::reverse(text);
    return repeats == 0 ? text : text + "." + std::to_string(repeats - 1);
}

std::optional<RecoveryOffset> RecoveryOffset::parse(std::string_view text) {
    RecoveryOffset offset;
    auto const dot = std::min(text.find('.'), text.size());
    for (char const c : text.substr(0, dot)) {
        offset.stamp = offset.stamp * 64 + offset_alphabet.find(c);
    }
    if (dot != text.size()) {
        std::from_chars(text.data() + dot + 1, text.data() + text.size(), offset.repeats);
        ++offset.repeats;
    }
    // One offset has one text: what overflows or has other characters has another.
    return offset.text() == text ? std::optional(offset) : std::nullopt;
}

}  // namespace socketio
