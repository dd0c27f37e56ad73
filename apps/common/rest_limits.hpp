#pragma once

#include "apps/common/clock.hpp"
#include "apps/common/origins.hpp"
#include "apps/common/rate_limit.hpp"
#include "apps/common/rest.hpp"
#include "apps/common/synchronized.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace apps::common {

/// How many requests a minute one address (an IPv6 network of 64 bits) may make, of each kind.
/// Those who come through a Unix socket have no address and no limit.
struct RestRates {
    double logins = 60;  ///< POSTs to the paths below, where passwords are tried
    double writes = 600;
    double reads = 3000;
    std::vector<std::string> login_paths = {"/api/auth/login", "/api/auth/register"};
    /// What is more, to be tried again in so many seconds.
    std::function<RestError(std::int64_t seconds)> refusal = too_many_requests;

    /// 429 TOO_MANY_REQUESTS.
    static RestError too_many_requests(std::int64_t seconds);
};

/// To be given to Rest::before: pages of foreign origins change nothing, 403 FORBIDDEN. Browsers
/// send cookies along with their requests (SameSite stops those of other sites, but not of another
/// port or name of the same one), and CORS keeps only the answers from them.
Rest::Hook refuse_foreign_changes(Origins origins);

/// Refuses what is more, with Retry-After. Outlives the table.
class RestLimits {
public:
    explicit RestLimits(RestRates rates, SteadyClock now = std::chrono::steady_clock::now);

    /// To be given to Rest::before by add_to, or called by tests.
    std::optional<Reply> check(RestCall const& call);
    void add_to(Rest& rest);

private:
    std::vector<std::string> login_paths_;
    std::function<RestError(std::int64_t seconds)> refusal_;
    SteadyClock now_;
    Synchronized<RateLimiter> logins_;
    Synchronized<RateLimiter> writes_;
    Synchronized<RateLimiter> reads_;
};

}  // namespace apps::common
