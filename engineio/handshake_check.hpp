#pragma once

#include "engineio/config.hpp"
#include "engineio/transport.hpp"

#include <optional>
#include <string_view>

namespace engineio {

// The codes of a refusal, reference-behaviour 1.3.
namespace error_code {
inline constexpr int transport_unknown = 0;
inline constexpr int session_unknown = 1;
inline constexpr int bad_handshake_method = 2;
inline constexpr int bad_request = 3;
inline constexpr int forbidden = 4;
inline constexpr int unsupported_protocol = 5;
}  // namespace error_code

// What is compared with the session a request names.
struct KnownSession {
    TransportName transport;
    int protocol;
};

// 4 only if EIO is exactly "4"; anything else, also nothing, means 3.
int protocol_of(net::Query const& query);

bool allows_transport(Options const& options, std::string_view name);

// The checks of reference-behaviour 1.2 that need no callback, in its order; the first failure is
// returned. `session` is the one the non-empty parameter `sid` names, or nullptr. `upgrade`: the
// request is a WebSocket upgrade.
std::optional<ConnectionError> check_request(Options const& options, net::Request const& request,
                                             net::Query const& query, bool upgrade,
                                             KnownSession const* session);

// With the table's message.
ConnectionError make_error(int code, ErrorContext context);

// The answer to a refused request; `message` replaces the table's if not empty (allow_request).
net::Response error_response(int code, std::string_view message, bool upgrade);

}  // namespace engineio
