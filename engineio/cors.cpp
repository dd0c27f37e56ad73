#include "engineio/cors.hpp"

#include "engineio/net/text.hpp"

#include <algorithm>
#include <string_view>

namespace engineio {

namespace {

std::string join(std::vector<std::string> const& items) {
    std::string out;
    for (auto const& item : items) {
        if (!out.empty()) {
            out += ',';
        }
        out += item;
    }
    return out;
}

// The form in which the origin is allowed.
struct AllowedOrigin {
    bool cors = true;   // false: as if CORS were not configured
    std::string value;  // empty: no Access-Control-Allow-Origin
    bool vary = true;   // the answer depends on the Origin header
};

// libstdc++ matches recursively: a long header would overflow the stack.
bool matches(std::regex const& pattern, std::string const& origin) {
    return origin.size() <= limits::max_pattern_origin_bytes && std::regex_search(origin, pattern);
}

bool matches(CorsOptions::Pattern const& pattern, std::string const& origin) {
    if (auto const* text = std::get_if<std::string>(&pattern)) {
        return *text == origin;
    }
    return matches(std::get<std::regex>(pattern), origin);
}

AllowedOrigin reflected_if(bool listed, std::string const& origin) {
    return {true, listed ? origin : std::string(), true};
}

struct OriginRule {
    std::string const& origin;

    AllowedOrigin operator()(std::string const& fixed) const {
        return {!fixed.empty(), fixed, fixed != "*"};
    }
    AllowedOrigin operator()(std::vector<std::string> const& list) const {
        return reflected_if(std::find(list.begin(), list.end(), origin) != list.end(), origin);
    }
    AllowedOrigin operator()(std::regex const& pattern) const {
        return reflected_if(matches(pattern, origin), origin);
    }
    AllowedOrigin operator()(std::vector<CorsOptions::Pattern> const& list) const {
        return reflected_if(std::any_of(list.begin(), list.end(),
                                        [&](auto const& one) { return matches(one, origin); }),
                            origin);
    }
    AllowedOrigin operator()(CorsOptions::Predicate const& allows) const {
        // Node's callback with `false` switches CORS off for the request.
        return {allows && allows(origin), origin, true};
    }
    AllowedOrigin operator()(CorsOptions::Reflect) const { return {true, origin, true}; }
};

bool is_named(CorsOptions::Origin const& origins, std::string const& origin) {
    if (auto const* const fixed = std::get_if<std::string>(&origins)) {
        return fixed->empty() || *fixed == "*" || *fixed == origin;  // empty: CORS is off
    }
    auto const allowed = std::visit(OriginRule{origin}, origins);
    return allowed.cors && !allowed.value.empty();
}

// Whether `origin` is the page's own that asks. Browsers say so by themselves, what no page can
// forge and what no proxy that rewrites Host spoils; else the address tells. A page that came
// without TLS may be anybody's between us and its reader; behind a proxy that ends TLS that can't
// be known.
bool is_own(std::string_view origin, net::Request const& request) {
    if (request.header("sec-fetch-site") == "same-origin") {
        return true;
    }
    auto const scheme = origin.find("://");
    return scheme != std::string_view::npos &&
           (!request.secure || net::iequals(origin.substr(0, scheme), "https")) &&
           net::iequals(origin.substr(scheme + 3), request.header("host"));
}

// "https://a.example:81" of the address of a page there; empty if it has none.
std::string_view origin_of(std::string_view page) {
    auto const scheme = page.find("://");
    return scheme == std::string_view::npos ? std::string_view()
                                            : page.substr(0, page.find_first_of("/?#", scheme + 3));
}

void add(net::Headers& headers, std::string name, std::string value) {
    if (!value.empty()) {
        headers.push_back({std::move(name), std::move(value)});
    }
}

void add_preflight_headers(CorsOptions const& options, net::Request const& request,
                           net::Headers& headers, std::string& vary) {
    add(headers, "Access-Control-Allow-Methods", join(options.methods));
    if (options.allowed_headers.empty()) {
        vary +=
            vary.empty() ? "Access-Control-Request-Headers" : ", Access-Control-Request-Headers";
        add(headers, "Access-Control-Allow-Headers",
            std::string(request.header("access-control-request-headers")));
    } else {
        add(headers, "Access-Control-Allow-Headers", join(options.allowed_headers));
    }
    if (options.max_age) {
        add(headers, "Access-Control-Max-Age", std::to_string(options.max_age->count()));
    }
}

std::optional<net::Response> apply(CorsOptions const& options, net::Request const& request,
                                   net::Headers& headers) {
    auto const from = std::string(request.header("origin"));
    auto const origin = std::visit(OriginRule{from}, options.origin);
    if (!origin.cors) {
        return std::nullopt;
    }
    bool const preflight = request.method == "OPTIONS";
    std::string vary = origin.vary ? "Origin" : "";
    add(headers, "Access-Control-Allow-Origin", origin.value);
    if (options.credentials) {
        add(headers, "Access-Control-Allow-Credentials", "true");
    }
    if (preflight) {
        add_preflight_headers(options, request, headers, vary);
    }
    add(headers, "Vary", vary);
    add(headers, "Access-Control-Expose-Headers", join(options.exposed_headers));
    if (!preflight || options.preflight_continue) {
        return std::nullopt;
    }
    net::Response response;
    response.status = options.options_success_status;
    response.headers = headers;
    // Some browsers wait for a body without it, also after a 204.
    response.headers.push_back({"Content-Length", "0"});
    return response;
}

}  // namespace

bool is_own_origin(net::Request const& request) {
    return is_own(request.header("origin"), request);
}

std::string page_origin(net::Request const& request, bool jsonp) {
    auto const origin = request.header("origin");
    auto const site = request.header("sec-fetch-site");
    if (!jsonp || !origin.empty() || site == "same-origin" || site == "none") {
        return std::string(origin);
    }
    auto const page = origin_of(request.header("referer"));
    return std::string(page.empty() ? "null" : page);
}

bool admits_origin(Options const& options, net::Request const& request, std::string const& origin) {
    if (origin.empty() || is_own(origin, request)) {
        return true;
    }
    if (options.allowed_origins) {
        return is_named(*options.allowed_origins, origin);
    }
    bool admitted = true;
    options.cors.with(request,
                      [&](CorsOptions const& cors) { admitted = is_named(cors.origin, origin); });
    return admitted;
}

std::optional<net::Response> apply_cors(Cors const& cors, net::Request const& request,
                                        net::Headers& headers) {
    std::optional<net::Response> preflight;
    cors.with(request,
              [&](CorsOptions const& options) { preflight = apply(options, request, headers); });
    return preflight;
}

}  // namespace engineio
