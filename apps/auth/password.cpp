#include "apps/auth/password.hpp"

#include "apps/auth/digest.hpp"

#include <crypt.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace apps::auth {

namespace {

bool is_password(std::string_view text) {
    return text.size() <= max_password_bytes && text.find('\0') == text.npos;
}

// Empty if libcrypt refuses the setting.
std::string crypt(std::string const& password, std::string const& setting) {
    auto const data = std::make_unique<crypt_data>();  // 32 KiB
    auto const* hash =
        crypt_rn(password.c_str(), setting.c_str(), data.get(), static_cast<int>(sizeof *data));
    return hash == nullptr ? std::string() : std::string(hash);
}

}  // namespace

std::string hash_password(std::string_view password) {
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    if (!is_password(password) || crypt_gensalt_rn("$y$", 0, nullptr, 0, setting.data(),
                                                   static_cast<int>(setting.size())) == nullptr) {
        throw std::runtime_error("this password cannot be hashed");
    }
    auto hash = crypt(std::string(password), setting.data());
    if (hash.empty()) {
        throw std::runtime_error("libcrypt does not know yescrypt");
    }
    return hash;
}

bool verify_password(std::string_view password, std::string const& hash) {
    if (!is_password(password)) {
        return false;
    }
    static std::string const nobody = hash_password("nobody");
    auto const& known = hash.empty() ? nobody : hash;
    auto const again = crypt(std::string(password), known);
    return !again.empty() && equal_in_constant_time(again, known) && !hash.empty();
}

}  // namespace apps::auth
