#pragma once

#include "engineio/config.hpp"
#include "engineio/net/http.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace apps::common {

/// Which pages of other origins may use a system. A value; any thread.
class Origins {
public:
    /// `list`: origins separated by commas ("https://game.example"), or "*" for any, which is
    /// without credentials then. `loopback` adds http(s)://localhost, 127.0.0.1 and [::1] with any
    /// port.
    explicit Origins(std::string_view list = {}, bool loopback = false);

    bool allows(std::string_view origin) const;
    /// The request has no Origin, that of its own host, or an allowed one. For sockets that trust
    /// a cookie: browsers send it along from any page, and CORS does not stop a WebSocket.
    bool admits(engineio::net::Request const& request) const;

    engineio::CorsOptions cors() const;

private:
    std::vector<std::string> list_;
    bool any_ = false;
    bool loopback_ = false;
};

/// The pieces between commas without blanks; none of an empty text.
std::vector<std::string> list_items(std::string_view text);

}  // namespace apps::common
