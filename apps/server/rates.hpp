#pragma once

#include "apps/common/rate_limit.hpp"
#include "apps/server/config.hpp"

#include <string>

namespace apps::server {

/// The rates that an operator may set, the same for all systems that have them: what each declares
/// in its SystemInfo, and what was set.
ExtraSetting messages_setting(std::string const& things, int usual);
common::Rate messages_rate(SystemConfig const& config);  ///< of one connection

ExtraSetting logins_setting();
double logins_per_minute(SystemConfig const& config);  ///< from one address, as RestRates::logins

}  // namespace apps::server
