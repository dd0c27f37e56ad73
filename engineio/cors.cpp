#include "engineio/cors.hpp"

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

AllowedOrigin allowed_origin(CorsOptions const& options, std::string const& origin) {
    if (auto const* fixed = std::get_if<std::string>(&options.origin)) {
        return {!fixed->empty(), *fixed, *fixed != "*"};
    }
    if (auto const* list = std::get_if<std::vector<std::string>>(&options.origin)) {
        bool const listed = std::find(list->begin(), list->end(), origin) != list->end();
        return {true, listed ? origin : std::string(), true};
    }
    using Predicate = std::function<bool(std::string const&)>;
    if (auto const* allows = std::get_if<Predicate>(&options.origin)) {
        // Node's callback with `false` switches CORS off for the request.
        bool const allowed = *allows && (*allows)(origin);
        return {allowed, origin, true};
    }
    return {true, origin, true};  // Reflect
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

}  // namespace

CorsResult add_cors_headers(CorsOptions const& options, net::Request const& request,
                            net::Headers& headers) {
    auto const origin = allowed_origin(options, std::string(request.header("origin")));
    if (!origin.cors) {
        return CorsResult::proceed;
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
    if (preflight) {
        add(headers, "Content-Length", "0");  // some browsers wait for a body without it
    }
    return preflight ? CorsResult::preflight : CorsResult::proceed;
}

}  // namespace engineio
