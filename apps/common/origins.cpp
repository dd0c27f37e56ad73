#include "apps/common/origins.hpp"

#include "engineio/cors.hpp"
#include "engineio/net/text.hpp"

#include <algorithm>

namespace apps::common {

namespace net = engineio::net;

namespace {

// "example.org:80" of "http://example.org:80".
std::string_view host_of(std::string_view origin) {
    auto const scheme = origin.find("://");
    return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

bool is_loopback(std::string_view origin) {
    if (!origin.starts_with("http://") && !origin.starts_with("https://")) {
        return false;
    }
    auto const host = host_of(origin);
    for (std::string_view const name : {"localhost", "127.0.0.1", "[::1]"}) {
        if (host.starts_with(name)) {
            auto const port = host.substr(name.size());
            return port.empty() ||
                   (port.front() == ':' && port.find_first_not_of("0123456789", 1) == port.npos);
        }
    }
    return false;
}

}  // namespace

std::vector<std::string> list_items(std::string_view text) {
    std::vector<std::string> items;
    while (text.data() != nullptr) {
        if (auto const item = net::trim(net::next_piece(text, ',')); !item.empty()) {
            items.emplace_back(item);
        }
    }
    return items;
}

Origins::Origins(std::string_view list, bool loopback)
    : list_(list_items(list)), any_(std::find(list_.begin(), list_.end(), "*") != list_.end()),
      loopback_(loopback) {}

bool Origins::allows(std::string_view origin) const {
    return any_ || (loopback_ && is_loopback(origin)) ||
           std::find(list_.begin(), list_.end(), origin) != list_.end();
}

bool Origins::admits(net::Request const& request) const {
    auto const origin = request.header("origin");
    return origin.empty() || engineio::is_own_origin(request) || allows(origin);
}

engineio::CorsOptions Origins::cors() const {
    engineio::CorsOptions cors;
    if (any_) {
        cors.origin = std::string("*");
    } else {
        cors.origin = engineio::CorsOptions::Predicate(
            [origins = *this](std::string const& origin) { return origins.allows(origin); });
        cors.credentials = true;
    }
    return cors;
}

}  // namespace apps::common
