#pragma once

#include "engineio/config.hpp"

#include <string>
#include <string_view>

namespace engineio {

// The value of the Set-Cookie header, attributes in the reference's order (1.8).
std::string session_cookie(CookieOptions const& options, std::string_view sid);

}  // namespace engineio
