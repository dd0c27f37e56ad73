#pragma once

#include "engineio/net/http.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace engineio::net {

// The bytes of answers (RFC 9112 section 4), in the order of fields Node uses: the application's,
// then Date, Connection, Keep-Alive and Content-Length.

// A whole answer, without the body if it may have none, and without a shared one. `keep_alive`: how
// long the connection will wait for the next request (zero: for ever); nothing if it closes.
std::string response_bytes(Response const& response, bool head_request,
                           std::optional<std::chrono::milliseconds> keep_alive);
// The shared body that follows; none if none does.
SharedBytes shared_bytes(Response const& response, bool head_request);

// "101 Switching Protocols" (RFC 6455 section 4.2.2); the empty optional fields are left out.
std::string switching_head(std::string_view accept, std::string_view subprotocol,
                           std::string_view extensions, Headers const& headers);

}  // namespace engineio::net
