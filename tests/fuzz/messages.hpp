#pragma once

// For targets that read the systems' messages: a script is lines of JSON.

#include "engineio/net/text.hpp"
#include "socketio/json_codec.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <optional>
#include <string>

namespace fuzz {

using socketio::Json;

// A text member, or "".
inline std::string text_in(Json const& message, char const* name) {
    auto const* text = message[name].string();
    return text ? *text : std::string();
}

// A message as its type; what was read is the same when it is written and read again.
template <class T>
std::optional<T> read(Json const& json) {
    T value{};
    if (!socketio::read_value(json, value)) {
        return std::nullopt;
    }
    auto const written = socketio::to_json(value);
    T again{};
    FUZZ_CHECK(socketio::read_value(written, again));
    FUZZ_SAME(socketio::to_json(again).dump(), written.dump());
    return value;
}

// Each line is heard by rules, which must still hold after it.
template <class Play>
void play(Bytes bytes, Play& rules) {
    constexpr int most_lines = 60;
    Input input(bytes);
    for (int i = 0; i < most_lines && !input.empty(); ++i) {
        auto const line = engineio::net::replace_invalid_utf8(input.until('\n'));
        if (auto const message = Json::parse(line)) {
            ++rules.now;
            rules.hear(text_in(*message, "type"), *message);
            rules.check();
        }
    }
}

}  // namespace fuzz
