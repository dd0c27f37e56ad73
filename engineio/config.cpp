#include "engineio/config.hpp"

#include "engineio/cookie.hpp"
#include "engineio/net/option_check.hpp"
#include "engineio/net/ws_connection.hpp"

#include <cstdint>
#include <limits>

namespace engineio {

namespace {

using net::demand;

void check_transports(std::vector<std::string> const& transports) {
    demand(!transports.empty(), "transports", "at least one is needed");
    for (auto const& name : transports) {
        demand(name == "polling" || name == "websocket", "transports",
               "unknown or not built in: " + name);
    }
}

void check_deflate(net::DeflateOptions const& deflate) {
    auto const bits = [](int value) { return value >= 8 && value <= 15; };
    demand(bits(deflate.server_max_window_bits), "per_message_deflate.server_max_window_bits",
           "8 to 15");
    demand(deflate.client_max_window_bits == 0 || bits(deflate.client_max_window_bits),
           "per_message_deflate.client_max_window_bits", "8 to 15, or 0");
    demand(deflate.level >= -1 && deflate.level <= 9, "per_message_deflate.level", "-1 to 9");
}

void check_rate(net::Rate const& rate, std::string_view option) {
    demand(rate.count == 0 || rate.count >= 1, option, "a count of 1 at least, or 0");
    demand(rate.interval.count() > 0, option, "the interval must be positive");
}

void check_limits(Options const& options) {
    auto const& limits = options.limits;
    constexpr std::size_t largest = std::numeric_limits<std::uint32_t>::max();
    auto const between = [](std::size_t value, std::size_t most) {
        return value > 0 && value <= most;
    };
    demand(limits.max_payload_packets > 0, "max_payload_packets", "must be positive");
    demand(between(limits.max_fragments, largest), "max_fragments", "1 to 4294967295");
    demand(between(limits.max_buffered_bytes, largest), "max_buffered_bytes", "1 to 4294967295");
    demand(limits.high_water_bytes <= limits.max_buffered_bytes, "high_water_bytes",
           "more than max_buffered_bytes");
    demand(limits.max_unclaimed_upgrades > 0, "max_unclaimed_upgrades", "must be positive");
    check_rate(limits.packet_rate, "packet_rate");
    check_rate(limits.byte_rate, "byte_rate");
    check_rate(limits.handshake_rate, "handshake_rate");
    check_rate(limits.handshake_rate_per_address, "handshake_rate_per_address");
    demand(!limits.byte_rate ||
               limits.byte_rate.count >= static_cast<double>(options.max_http_buffer_size),
           "byte_rate", "less than one message of max_http_buffer_size");
}

}  // namespace

std::string_view ConnectionError::in_context(std::string_view key) const {
    for (auto const& [name, value] : context) {
        if (name == key) {
            return value;
        }
    }
    return {};
}

void use_limits(SessionLimits const& limits, net::WsOptions& options) {
    options.max_fragments = static_cast<std::uint32_t>(limits.max_fragments);
    options.max_buffered_bytes = static_cast<std::uint32_t>(limits.max_buffered_bytes);
    options.packet_rate = limits.packet_rate;
    options.byte_rate = limits.byte_rate;
}

void check_options(Options const& options) {
    demand(options.path.starts_with('/'), "path", "must begin with a slash");
    check_transports(options.transports);
    demand(options.ping_interval.count() > 0, "ping_interval", "must be positive");
    demand(options.ping_timeout.count() > 0, "ping_timeout", "must be positive");
    demand(options.upgrade_timeout.count() > 0, "upgrade_timeout", "must be positive");
    demand(options.destroy_upgrade_timeout.count() > 0, "destroy_upgrade_timeout",
           "must be positive");
    if (auto const& origins = options.allowed_origins) {
        auto const* const text = std::get_if<std::string>(&*origins);
        demand(!text || !text->empty(), "allowed_origins", "an empty list is what admits none");
    }
    check_deflate(options.per_message_deflate);
    check_limits(options);
    if (auto const& compression = options.http_compression) {
        demand(compression->level >= -1 && compression->level <= 9, "http_compression.level",
               "-1 to 9");
    }
    if (options.cookie) {
        check_cookie(*options.cookie);
    }
}

}  // namespace engineio
