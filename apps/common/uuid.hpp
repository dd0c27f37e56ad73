#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace apps::common {

/// Where rules get fresh ids from; tests inject a counter.
using IdSource = std::function<std::string()>;

/// A random (version 4) UUID in lower case. Any thread; the randomness is the operating system's.
std::string random_uuid();

/// True for the 8-4-4-4-12 form with hexadecimal digits of either case, any version.
bool is_uuid(std::string_view text);

}  // namespace apps::common
