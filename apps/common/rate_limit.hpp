#pragma once

#include "engineio/net/rate_limit.hpp"

namespace apps::common {

/// What the systems limit with is what the layers below limit with.
using engineio::net::Rate;
using engineio::net::RateLimiter;
using engineio::net::TokenBucket;

}  // namespace apps::common
