#pragma once

#include "engineio/close_reason.hpp"

#include <cstdint>
#include <string_view>

namespace socketio {

/// Why a socket left its namespace; the strings are Node's (reference-behaviour 5.5).
enum class DisconnectReason : std::uint8_t {
    client_namespace_disconnect,
    server_namespace_disconnect,
    server_shutting_down,
    ping_timeout,
    transport_close,
    transport_error,
    parse_error,
    forced_close,
    forced_server_close,
};

constexpr std::string_view to_string(DisconnectReason reason) {
    switch (reason) {
    case DisconnectReason::client_namespace_disconnect:
        return "client namespace disconnect";
    case DisconnectReason::server_namespace_disconnect:
        return "server namespace disconnect";
    case DisconnectReason::server_shutting_down:
        return "server shutting down";
    case DisconnectReason::ping_timeout:
        return "ping timeout";
    case DisconnectReason::transport_close:
        return "transport close";
    case DisconnectReason::transport_error:
        return "transport error";
    case DisconnectReason::parse_error:
        return "parse error";
    case DisconnectReason::forced_close:
        return "forced close";
    case DisconnectReason::forced_server_close:
        return "forced server close";
    }
    return "";
}

constexpr DisconnectReason from_engine(engineio::CloseReason reason) {
    switch (reason) {
    case engineio::CloseReason::ping_timeout:
        return DisconnectReason::ping_timeout;
    case engineio::CloseReason::transport_close:
        return DisconnectReason::transport_close;
    case engineio::CloseReason::transport_error:
        return DisconnectReason::transport_error;
    case engineio::CloseReason::parse_error:
        return DisconnectReason::parse_error;
    case engineio::CloseReason::forced_close:
        break;
    }
    return DisconnectReason::forced_close;
}

/// After these the client may come back and recover its state (reference-behaviour 5.9).
constexpr bool is_recoverable(DisconnectReason reason) {
    return reason != DisconnectReason::client_namespace_disconnect &&
           reason != DisconnectReason::server_namespace_disconnect &&
           reason != DisconnectReason::parse_error;
}

}  // namespace socketio
