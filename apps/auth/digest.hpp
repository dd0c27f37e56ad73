#pragma once

#include <string>
#include <string_view>

/// What OpenSSL does for the systems. Pure functions; any thread.
namespace apps::auth {

/// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);

/// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view text);

/// Takes the same time wherever two texts of one length differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace apps::auth
