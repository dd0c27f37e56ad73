#pragma once

// The fast half of Json::parse: reads the JSON that nearly all events consist of, straight into a
// tree. Private to it.

#include <optional>
#include <string_view>

#include "socketio/json.hpp"

namespace socketio {

// The value, if the text is one of strings without escapes, integers of up to 15 digits, literals,
// arrays and objects, in 32 levels at most. Nothing for any other text, be it JSON or not: the full
// parser decides about that. Takes a sixth of its instructions for a short event, a fifteenth for a
// string of 1 KiB.
std::optional<Json> parse_plain(std::string_view text);

}  // namespace socketio
