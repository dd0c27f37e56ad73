#include "socketio/limits.hpp"

#include "engineio/net/option_check.hpp"
#include "engineio/net/sizes.hpp"
#include "socketio/server.hpp"

#include <fmt/format.h>

#include <limits>
#include <string_view>

namespace socketio {

namespace {

using engineio::net::demand;
using engineio::net::saturated_product;

void at_least_one(std::size_t value, std::string_view option) {
    demand(value != 0, option, "must be at least 1");
}

// Both may be as large as a number can be: then there is none to either.
bool above(std::size_t closing, std::size_t pausing) {
    constexpr auto any = std::numeric_limits<std::size_t>::max();
    return closing > pausing || (closing == any && pausing == any);
}

}  // namespace

std::size_t answer_bytes(ServerOptions const& options) {
    auto const given = options.limits.max_answer_bytes;
    return given ? given
                 : saturated_product(engineio::limits::kept_answers, options.max_http_buffer_size);
}

std::size_t unfinished_bytes(ServerOptions const& options) {
    auto const given = options.limits.max_unfinished_bytes;
    return given ? given
                 : saturated_product(engineio::limits::unfinished_messages,
                                     options.max_http_buffer_size);
}

std::size_t unfinished_bytes_closing(ServerOptions const& options) {
    auto const given = options.limits.max_unfinished_bytes_closing;
    return given ? given
                 : saturated_product(engineio::limits::unfinished_messages_closing,
                                     options.max_http_buffer_size);
}

void check_limits(ServerOptions const& options) {
    auto const& limits = options.limits;
    demand(limits.packet.max_json_depth >= 1 && limits.packet.max_json_depth <= max_json_depth,
           "limits.packet.max_json_depth", fmt::format("1 to {}", max_json_depth));
    at_least_one(limits.max_rooms, "limits.max_rooms");
    at_least_one(limits.max_room_bytes, "limits.max_room_bytes");
    at_least_one(limits.max_sockets, "limits.max_sockets");
    at_least_one(limits.max_auth_bytes, "limits.max_auth_bytes");
    at_least_one(limits.max_pending_acks, "limits.max_pending_acks");
    demand(limits.middleware_timeout.count() >= 0, "limits.middleware_timeout",
           "must not be negative");
    at_least_one(limits.max_unfinished_handlers, "limits.max_unfinished_handlers");
    demand(above(limits.max_unfinished_handlers_closing, limits.max_unfinished_handlers),
           "limits.max_unfinished_handlers_closing",
           "must be more than limits.max_unfinished_handlers");
    demand(above(unfinished_bytes_closing(options), unfinished_bytes(options)),
           "limits.max_unfinished_bytes_closing", "must be more than limits.max_unfinished_bytes");
    at_least_one(limits.max_dynamic_namespaces, "limits.max_dynamic_namespaces");
    if (auto const& recovery = options.connection_state_recovery) {
        demand(recovery->max_disconnection_duration.count() >= 0,
               "connection_state_recovery.max_disconnection_duration", "must not be negative");
        at_least_one(recovery->max_packets, "connection_state_recovery.max_packets");
        at_least_one(recovery->max_bytes, "connection_state_recovery.max_bytes");
        at_least_one(recovery->max_sessions, "connection_state_recovery.max_sessions");
    }
}

}  // namespace socketio
