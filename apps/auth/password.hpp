#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace apps::auth {

/// Longer passwords, and such with a NUL, are no passwords (libcrypt's limit).
inline constexpr std::size_t max_password_bytes = 511;

/// The text to store for a password: yescrypt with a salt of its own ("$y$…"). Takes some 20 ms of
/// a processor and 16 MiB, so never on a shard. Throws std::runtime_error if the password cannot
/// be hashed.
std::string hash_password(std::string_view password);

/// True if the password is the hashed one. Hashes of any method that libcrypt knows verify, bcrypt
/// ("$2b$…") of Node's servers included. An empty `hash` stands for a user there is not: it takes
/// as long as a real one and is false.
bool verify_password(std::string_view password, std::string const& hash);

}  // namespace apps::auth
