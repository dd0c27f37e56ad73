#include "apps/server/server_options.hpp"

#include "apps/common/origins.hpp"
#include "engineio/net/allowed_hosts.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace apps::server {

namespace {

// "example.org" of "https://example.org:8443"; nothing of one without a name.
std::string host_of(std::string_view origin) {
    auto const scheme = origin.find("://");
    auto const host = origin.substr(scheme == origin.npos ? 0 : scheme + 3);
    return std::string(host.substr(0, host.find_first_of(":/")));
}

}  // namespace

bool is_local(std::string const& host) {
    return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.") ||
           host.starts_with("unix:");
}

std::vector<std::string> allowed_hosts(Config const& config) {
    auto const& server = config.server;
    auto const named = common::list_items(server.allowed_hosts);
    if (!named.empty()) {
        bool const any = std::find(named.begin(), named.end(), "*") != named.end();
        return any ? std::vector<std::string>() : named;
    }
    auto const listens_on = common::list_items(server.host);
    if (!server.trust_proxy.empty() ||
        !std::all_of(listens_on.begin(), listens_on.end(), [](std::string const& host) {
            return is_local(host) && !host.starts_with("unix:");  // which proxies use
        })) {
        return {};
    }
    std::vector<std::string> hosts = {".localhost", "addresses"};
    for (auto const& system : config.systems) {
        for (auto const& origin : common::list_items(system.origins)) {
            if (auto host = host_of(origin); engineio::net::AllowedHosts::is_entry(host)) {
                hosts.push_back(std::move(host));
            }
        }
    }
    return hosts;
}

socketio::ServerOptions server_options(Config const& config) {
    auto const& server = config.server;
    auto const& limits = config.limits;
    socketio::ServerOptions options;
    options.http = limits.http;
    options.http.trust_proxy = common::list_items(server.trust_proxy);
    options.http.allowed_hosts = allowed_hosts(config);
    options.limits = limits.sockets;
    options.connect_timeout = limits.connect_timeout;
    options.upgrade_timeout = limits.upgrade_timeout;
    if (!server.tls_cert.empty() || !server.tls_key.empty()) {
        options.tls = socketio::TlsOptions{server.tls_cert, server.tls_key};
        options.tls->handshake_timeout = limits.tls_handshake_timeout;
    }
    options.ping_interval = std::chrono::milliseconds(server.ping_interval_ms);
    options.ping_timeout = std::chrono::milliseconds(server.ping_timeout_ms);
    options.max_http_buffer_size = static_cast<std::size_t>(server.max_http_buffer_size);
    options.per_message_deflate.enabled = server.compression;
    // These systems broadcast: what is compressed without a window of one's own is compressed once
    // for everybody, and a connection does not hold 270 KB for such a window.
    options.per_message_deflate.server_no_context_takeover = true;
    if (!server.compression) {
        options.http_compression.reset();
    }
    return options;
}

}  // namespace apps::server
