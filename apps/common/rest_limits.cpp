#include "apps/common/rest_limits.hpp"

#include "engineio/net/address_group.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace apps::common {

namespace {

Rate a_minute(double count) {
    return {count, std::chrono::minutes(1)};
}

// "/x/" and "/x" are the same route.
std::string_view route_of(std::string_view path) {
    return path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

bool only_reads(engineio::net::Request const& request) {
    return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

Rest::Hook refuse_foreign_changes(Origins origins) {
    return [origins = std::move(origins)](RestCall const& call) -> std::optional<Reply> {
        if (only_reads(call.request) || origins.admits(call.request)) {
            return std::nullopt;
        }
        return RestError(403, "FORBIDDEN", "Pages of this origin may not do that");
    };
}

RestError RestRates::too_many_requests(std::int64_t) {
    return {429, "TOO_MANY_REQUESTS", "Too many requests"};
}

RestLimits::RestLimits(RestRates rates, SteadyClock now)
    : login_paths_(std::move(rates.login_paths)), refusal_(std::move(rates.refusal)),
      now_(std::move(now)), logins_(a_minute(rates.logins)), writes_(a_minute(rates.writes)),
      reads_(a_minute(rates.reads)) {}

std::optional<Reply> RestLimits::check(RestCall const& call) {
    auto const& request = call.request;
    if (request.remote_address.empty()) {
        return std::nullopt;
    }
    bool const reads = only_reads(request);
    bool const login = !reads && std::find(login_paths_.begin(), login_paths_.end(),
                                           route_of(request.path())) != login_paths_.end();
    auto& limiter = login ? logins_ : reads ? reads_ : writes_;
    auto const address = engineio::net::address_group(request.remote_address);
    auto const wait = limiter.with([&](RateLimiter& bucket) -> std::optional<std::int64_t> {
        auto const now = now_();
        if (bucket.take(address, now)) {
            return std::nullopt;
        }
        return bucket.wait(address, now).count();
    });
    if (!wait) {
        return std::nullopt;
    }
    auto const seconds = (*wait + 999) / 1000;
    Reply reply(refusal_(seconds));
    reply.header("Retry-After", std::to_string(seconds));
    return reply;
}

void RestLimits::add_to(Rest& rest) {
    rest.before([this](RestCall const& call) { return check(call); });
}

}  // namespace apps::common
