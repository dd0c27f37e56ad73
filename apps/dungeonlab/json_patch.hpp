#pragma once

#include "socketio/json.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace apps::dungeonlab {

/// Bounds of one patch: a few "copy" operations could otherwise double a document without end, and
/// a few "move" operations to and fro keep its thread busy for seconds. Long texts count as several
/// values, one for each 16 bytes.
inline constexpr std::size_t max_patch_operations = 1000;
inline constexpr std::size_t max_patch_copied_values = 100'000;
/// Values that are looked at, measured, compared or shifted: enough for moving the largest state
/// as a whole, or for 1000 operations in an object of 1000 members.
inline constexpr std::size_t max_patch_work = 4'000'000;
inline constexpr std::size_t max_patched_depth = 256;

/// True if `operations` is an array of JSON Patch operations (RFC 6902 section 4), at least one,
/// whatever they are applied to. Members that the RFC does not name are ignored.
bool is_patch(socketio::Json const& operations);

/// A place in a document, RFC 6901: names of members and positions, from the outside in.
using JsonPointer = std::vector<std::string>;

/// Every place that a patch (is_patch) names: each `path`, and `from` where something is moved or
/// copied.
std::vector<JsonPointer> places_in(socketio::Json const& operations);

/// Applies a patch to a copy and hands that back, or the reason why it cannot be applied; then
/// nothing is changed, as section 5 demands.
struct Patched {
    socketio::Json document;
    std::optional<std::string> error;
};
Patched apply_patch(socketio::Json document, socketio::Json const& operations);

}  // namespace apps::dungeonlab
