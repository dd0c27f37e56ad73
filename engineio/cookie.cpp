#include "engineio/cookie.hpp"

#include "engineio/net/text.hpp"

#include <cctype>

namespace engineio {

std::string session_cookie(CookieOptions const& options, std::string_view sid) {
    std::string out = options.name + "=" + net::percent_encode(sid);
    if (options.max_age) {
        out += "; Max-Age=" + std::to_string(options.max_age->count());
    }
    if (options.domain) {
        out += "; Domain=" + *options.domain;
    }
    if (!options.path.empty()) {
        out += "; Path=" + options.path;
    }
    if (options.http_only) {
        out += "; HttpOnly";
    }
    if (options.secure) {
        out += "; Secure";
    }
    if (!options.same_site.empty()) {
        // Configured in any case, "lax" as in Node; browsers are shown one form.
        auto same_site = net::to_lower(options.same_site);
        same_site[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(same_site[0])));
        out += "; SameSite=" + same_site;
    }
    return out;
}

}  // namespace engineio
