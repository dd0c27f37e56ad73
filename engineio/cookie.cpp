#include "engineio/cookie.hpp"

#include "engineio/net/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

namespace engineio {

namespace {

// Configured in any case, "lax" as in Node; browsers are shown one form.
std::string capitalised(std::string_view word) {
    auto out = net::to_lower(word);
    if (!out.empty()) {
        out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
    }
    return out;
}

bool is_name_char(char c) {
    return c > 0x20 && c < 0x7f &&
           std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string::npos;
}

// RFC 6265 section 4.1.1, cookie-octet.
bool is_value_char(char c) {
    return c > 0x20 && c < 0x7f && std::string_view("\",;\\").find(c) == std::string::npos;
}

bool is_path_char(char c) {
    return c >= 0x20 && c < 0x7f && c != ';';
}

bool is_domain_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
}

bool is_one_of(std::string_view word, std::array<std::string_view, 3> const& words) {
    return word.empty() ||
           std::find(words.begin(), words.end(), net::to_lower(word)) != words.end();
}

void demand_valid(bool fine, std::string_view attribute, std::string_view value) {
    if (!fine) {
        throw std::invalid_argument(fmt::format("cookie.{}: invalid: \"{}\"", attribute, value));
    }
}

std::string value_of(CookieOptions const& options, std::string_view sid) {
    if (!options.encode) {
        return net::percent_encode(sid);
    }
    std::string out;
    for (char const c : options.encode(sid)) {
        out += is_value_char(c) ? std::string(1, c) : net::percent_encode({&c, 1});
    }
    return out;
}

}  // namespace

std::string session_cookie(CookieOptions const& options, std::string_view sid) {
    std::string out = options.name + "=" + value_of(options, sid);
    if (options.max_age) {
        out += "; Max-Age=" + std::to_string(options.max_age->count());
    }
    if (options.domain) {
        out += "; Domain=" + *options.domain;
    }
    if (!options.path.empty()) {
        out += "; Path=" + options.path;
    }
    if (options.expires) {
        out +=
            "; Expires=" + net::http_date(std::chrono::system_clock::to_time_t(*options.expires));
    }
    out += options.http_only ? "; HttpOnly" : "";
    out += options.secure ? "; Secure" : "";
    out += options.partitioned ? "; Partitioned" : "";
    if (!options.priority.empty()) {
        out += "; Priority=" + capitalised(options.priority);
    }
    if (!options.same_site.empty()) {
        out += "; SameSite=" + capitalised(options.same_site);
    }
    return out;
}

void check_cookie(CookieOptions const& options) {
    auto const all = [](std::string_view text, bool (*fits)(char)) {
        return std::all_of(text.begin(), text.end(), fits);
    };
    demand_valid(!options.name.empty() && all(options.name, is_name_char), "name", options.name);
    demand_valid(all(options.path, is_path_char), "path", options.path);
    auto const domain = options.domain.value_or("d");
    demand_valid(!domain.empty() && all(domain, is_domain_char), "domain", domain);
    demand_valid(is_one_of(options.same_site, {"lax", "strict", "none"}), "same_site",
                 options.same_site);
    demand_valid(is_one_of(options.priority, {"low", "medium", "high"}), "priority",
                 options.priority);
}

}  // namespace engineio
