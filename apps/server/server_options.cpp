#include "apps/server/server_options.hpp"

#include "apps/common/origins.hpp"

#include <chrono>

namespace apps::server {

socketio::ServerOptions server_options(Config const& config) {
    auto const& server = config.server;
    auto const& limits = config.limits;
    socketio::ServerOptions options;
    options.http = limits.http;
    options.http.trust_proxy = common::list_items(server.trust_proxy);
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
