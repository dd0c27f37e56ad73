#pragma once

#include <string>
#include <string_view>

namespace engineio::net {

// What limits for each client address count by: an IPv4 address as it is, an IPv6 address by its
// first 64 bits, since whoever has one has all of that network. Empty for the peers of Unix
// sockets, which have no address and no such limit; other text stays as it is.
std::string address_group(std::string_view address);

}  // namespace engineio::net
