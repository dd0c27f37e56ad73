#include "apps/auth/tokens.hpp"

#include "apps/auth/digest.hpp"
#include "engineio/net/result.hpp"
#include "engineio/net/text.hpp"

#include <utility>

namespace apps::auth {

namespace net = engineio::net;
using socketio::Json;

namespace {

constexpr std::size_t max_token_bytes = 4096;

// {"alg":"HS256","typ":"JWT"}, the only header there is.
std::string header() {
    return net::base64url_encode(R"({"alg":"HS256","typ":"JWT"})");
}

std::string signature(std::string_view secret, std::string_view text) {
    return net::base64url_encode(hmac_sha256(secret, text));
}

}  // namespace

Tokens::Tokens(Means means) : means_(std::move(means)) {
    SIO_ASSERT(!means_.secrets.empty());
}

std::string Tokens::issue(std::string_view user, Json claims) const {
    auto const now = means_.clock() / 1000;
    claims.set("sub", user);
    claims.set("iat", now);
    claims.set("exp", now + means_.lifetime.count());
    claims.set("aud", means_.audience);
    // Two tokens of one second differ, so that each can be told from the others.
    claims.set("jti", net::base64url_encode(net::random_bytes(9)));
    auto const text = header() + "." + net::base64url_encode(claims.dump());
    return text + "." + signature(means_.secrets.front(), text);
}

std::optional<Json> Tokens::verify(std::string_view token) const {
    auto const last = token.rfind('.');
    auto const first = token.find('.');
    if (token.size() > max_token_bytes || first == token.npos || first == last ||
        token.substr(0, first) != header()) {
        return std::nullopt;
    }
    bool right = false;
    for (auto const& secret : means_.secrets) {
        right |= equal_in_constant_time(token.substr(last + 1),
                                        signature(secret, token.substr(0, last)));
    }
    if (!right) {
        return std::nullopt;
    }
    auto claims = Json::parse(net::base64_decode(token.substr(first + 1, last - first - 1)));
    auto const expiry = claims ? (*claims)["exp"].integer() : std::nullopt;
    bool const in_time = expiry && means_.clock() / 1000 < *expiry;
    return in_time && (*claims)["aud"] == means_.audience ? std::move(claims) : std::nullopt;
}

std::optional<std::string> Tokens::user(std::string_view token) const {
    auto const claims = verify(token);
    auto const* subject = claims ? (*claims)["sub"].string() : nullptr;
    return subject == nullptr ? std::nullopt : std::optional(*subject);
}

}  // namespace apps::auth
