#include "engineio/net/http_options.hpp"

#include "engineio/net/allowed_hosts.hpp"
#include "engineio/net/option_check.hpp"

namespace engineio::net {

namespace {

// Longer heads are no heads; the parser counts in 32 bits.
constexpr std::size_t largest_header_size = std::size_t{16} << 20;

}  // namespace

void check_options(HttpOptions const& options) {
    demand(options.headers_timeout.count() >= 0, "headers_timeout", "must not be negative");
    demand(options.request_timeout.count() >= 0, "request_timeout", "must not be negative");
    demand(options.keep_alive_timeout.count() >= 0, "keep_alive_timeout", "must not be negative");
    demand(options.max_header_size > 0 && options.max_header_size <= largest_header_size,
           "max_header_size", "1 byte to 16 MiB");
    AllowedHosts const hosts(options.allowed_hosts);  // throws, naming it
}

}  // namespace engineio::net
