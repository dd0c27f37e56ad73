#pragma once

#include <cstdint>
#include <string_view>

namespace engineio {

/// Why a session ended; the strings are Node's (engine.io `close` event).
enum class CloseReason : std::uint8_t {
    ping_timeout,
    transport_close,
    transport_error,
    parse_error,
    forced_close,
};

constexpr std::string_view to_string(CloseReason reason) {
    switch (reason) {
    case CloseReason::ping_timeout:
        return "ping timeout";
    case CloseReason::transport_close:
        return "transport close";
    case CloseReason::transport_error:
        return "transport error";
    case CloseReason::parse_error:
        return "parse error";
    case CloseReason::forced_close:
        return "forced close";
    }
    return "";
}

}  // namespace engineio
