#pragma once

#include "engineio/config.hpp"

#include <string>
#include <string_view>

namespace engineio {

// The value of the Set-Cookie header, attributes in the reference's order (1.8). An encoder's
// characters that no cookie may have are percent-encoded after all.
std::string session_cookie(CookieOptions const& options, std::string_view sid);

// Throws std::invalid_argument for a name or attribute that would not survive in a header.
void check_cookie(CookieOptions const& options);

}  // namespace engineio
