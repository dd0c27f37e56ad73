#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace apps::dungeonlab {

/// A new id in MongoDB's form, 24 hexadecimal digits, all of them random.
std::string object_id();

/// "Rill of the Élan" → "rill-of-the-lan"; never empty.
std::string slug_of(std::string_view name);

/// Milliseconds since 1970 as JavaScript's toISOString.
std::string iso_of(std::int64_t milliseconds);

}  // namespace apps::dungeonlab
