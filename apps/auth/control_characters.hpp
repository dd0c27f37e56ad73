#pragma once

#include <string_view>

namespace apps::auth {

/// Whether a name (UTF-8) has what would change the text round it where others read it: C0, DEL and
/// C1, which forge lines and command terminals; line and paragraph separators; and what turns the
/// direction of writing (Unicode's Bidi_Control), by which one name passes for another.
bool has_control_characters(std::string_view text);

}  // namespace apps::auth
