#include "engineio/net/address_group.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstring>

namespace engineio::net {

std::string address_group(std::string_view address) {
    constexpr std::size_t network_bytes = 8;
    char text[INET6_ADDRSTRLEN] = "";
    std::array<unsigned char, 16> bytes{};
    if (address.find(':') == std::string_view::npos || address.size() >= sizeof text) {
        return std::string(address);
    }
    address.copy(text, address.size());
    if (::inet_pton(AF_INET6, text, bytes.data()) != 1) {
        return std::string(address);  // also fe80::1%eth0: there is one such network
    }
    std::memset(bytes.data() + network_bytes, 0, bytes.size() - network_bytes);
    ::inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
    return std::string(text) + "/64";
}

}  // namespace engineio::net
