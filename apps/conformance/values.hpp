#pragma once

#include "socketio/json.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// The values that CONTRACT.md's events give and describe. Pure.
namespace conformance {

/// "null", "number", "boolean", {str: bytes}, {bin: bytes, adler: sum}, {arr: [...]},
/// {obj: [[key, shape]... sorted]}.
socketio::Json describe(socketio::Json const& value);

/// `size` bytes i mod 251.
socketio::Binary pattern(std::size_t size);

/// A list from what may be a list, one value or null.
std::vector<std::string> strings(socketio::Json const& value);

/// null, booleans, numbers, strings and containers that JSON encoders get wrong.
std::vector<socketio::Json> awkward_values();

}  // namespace conformance
