#include "apps/auth/express_cookie.hpp"

#include "apps/auth/digest.hpp"
#include "engineio/net/result.hpp"
#include "engineio/net/text.hpp"

#include <utility>

namespace apps::auth {

namespace {

std::string cookie_signature(std::string_view secret, std::string_view id) {
    auto text = engineio::net::base64_encode(hmac_sha256(secret, id));
    while (text.ends_with('=')) {
        text.pop_back();
    }
    return text;
}

}  // namespace

ExpressCookie::ExpressCookie(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {
    SIO_ASSERT(!secrets_.empty());
}

std::string ExpressCookie::sign(std::string_view id) const {
    return "s:" + std::string(id) + "." + cookie_signature(secrets_.front(), id);
}

std::optional<std::string> ExpressCookie::unsign(std::string_view value) const {
    auto const dot = value.rfind('.');
    if (!value.starts_with("s:") || dot == value.npos || dot < 3) {
        return std::nullopt;
    }
    auto const id = value.substr(2, dot - 2);
    auto const given = value.substr(dot + 1);
    bool right = false;
    for (auto const& secret : secrets_) {  // all of them: which one fits is nobody's business
        right |= equal_in_constant_time(given, cookie_signature(secret, id));
    }
    return right ? std::optional<std::string>(id) : std::nullopt;
}

}  // namespace apps::auth
