#include "apps/server/rates.hpp"

#include <chrono>

namespace apps::server {

namespace {

constexpr int most = 1'000'000;
constexpr char messages_key[] = "messages_per_10_s";
constexpr char logins_key[] = "logins_per_minute";

}  // namespace

ExtraSetting messages_setting(std::string const& things, int usual) {
    return {.key = messages_key,
            .help = things + " that one connection may send in ten seconds",
            .value = usual,
            .low = 1,
            .high = most};
}

common::Rate messages_rate(SystemConfig const& config) {
    return {static_cast<double>(config.extra<int>(messages_key)), std::chrono::seconds(10)};
}

ExtraSetting logins_setting() {
    return {.key = logins_key,
            .help = "Tries to log in or register from one address",
            .value = 60,
            .low = 1,
            .high = most};
}

double logins_per_minute(SystemConfig const& config) {
    return config.extra<int>(logins_key);
}

}  // namespace apps::server
