// The section [limits]: one row for each limit of the listeners, sessions and sockets. Not there
// are those that no system of ours can meet: upgrades that nobody claims and dynamic namespaces.

#include "apps/server/config.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace apps::server {

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t hour_ms = 3'600'000;

using Settings = std::vector<Setting>;

void add(Settings& settings, std::string key, Setting::Target target, std::int64_t low,
         std::int64_t high, std::string help) {
    constexpr std::string_view unit = "_ms";
    auto flag = "--" + (key.ends_with(unit) ? key.substr(0, key.size() - unit.size()) : key);
    std::replace(flag.begin(), flag.end(), '_', '-');
    settings.push_back(
        {"limits", std::move(key), std::move(flag), std::move(help), target, low, high});
}

void add_rate(Settings& settings, std::string const& key, engineio::net::Rate& rate,
              std::string const& help) {
    auto const interval = key + "_interval_ms";
    add(settings, key, &rate.count, 0, largest, help + " in " + interval + "; 0: no limit");
    add(settings, interval, &rate.interval, 1, hour_ms, "Milliseconds of " + key);
}

void add_times(Settings& settings, LimitsConfig& limits) {
    auto& http = limits.http;
    add(settings, "headers_timeout_ms", &http.headers_timeout, 0, hour_ms,
        "Milliseconds for the head of a request, then 408; 0: no limit");
    add(settings, "request_timeout_ms", &http.request_timeout, 0, hour_ms,
        "Milliseconds for a whole request, then 408; 0: no limit");
    add(settings, "keep_alive_timeout_ms", &http.keep_alive_timeout, 0, hour_ms,
        "Milliseconds between two requests of a connection; 0: no limit");
    add(settings, "tls_handshake_timeout_ms", &limits.tls_handshake_timeout, 0, hour_ms,
        "Milliseconds for a TLS handshake; 0: no limit");
    add(settings, "upgrade_timeout_ms", &limits.upgrade_timeout, 1, hour_ms,
        "Milliseconds for an upgrade to WebSocket");
    add(settings, "connect_timeout_ms", &limits.connect_timeout, 1, hour_ms,
        "Milliseconds a Socket.IO connection may stay without a namespace");
    add(settings, "middleware_timeout_ms", &limits.sockets.middleware_timeout, 0, hour_ms,
        "Milliseconds for the middlewares to admit a socket; 0: no limit");
}

void add_connections(Settings& settings, engineio::net::HttpOptions& http) {
    constexpr std::int64_t largest_head = std::int64_t{16} << 20;
    add(settings, "max_connections", &http.max_connections, 0, largest,
        "Connections of a listener; 0: no limit");
    add(settings, "max_connections_per_address", &http.max_connections_per_address, 0, largest,
        "The same of an address; 0: no limit, as it must be behind a proxy");
    add(settings, "max_half_open_connections", &http.max_half_open_connections, 0, largest,
        "Connections of a listener that have not sent a request yet; 0: no limit");
    add(settings, "max_header_size", &http.max_header_size, 1, largest_head,
        "Bytes of a request's head, then 431");
    add(settings, "max_headers_count", &http.max_headers_count, 0, largest,
        "Fields of a request's head, the rest is ignored; 0: as many as fit");
    add(settings, "max_pipelined_bytes", &http.max_pipelined_bytes, 0, largest,
        "Bytes of further requests that are read while one is answered");
    add(settings, "http_high_water_bytes", &http.high_water_bytes, 0, largest,
        "Bytes of answers not taken yet, above which no further request is read");
}

void add_sessions(Settings& settings, engineio::SessionLimits& session) {
    add_rate(settings, "handshake_rate", session.handshake_rate, "Engine.IO sessions that begin");
    add_rate(settings, "handshake_rate_per_address", session.handshake_rate_per_address,
             "The same of a client's address");
    add_rate(settings, "packet_rate", session.packet_rate, "Packets of a client");
    add_rate(settings, "byte_rate", session.byte_rate,
             "Bytes of a client, inflated, not less than max_http_buffer_size,");
    add(settings, "max_payload_packets", &session.max_payload_packets, 1, largest,
        "Packets in one POST, then 413");
    add(settings, "max_fragments", &session.max_fragments, 1, largest,
        "Frames of a WebSocket message, then 1008");
    add(settings, "max_sessions", &session.max_sessions, 0, largest,
        "Engine.IO sessions of a system, then 503; 0: no limit");
    add(settings, "max_sessions_per_address", &session.max_sessions_per_address, 0, largest,
        "The same of a client's address, then 429; 0: no limit");
    add(settings, "max_unfinished_upgrades", &session.max_unfinished_upgrades, 0, largest,
        "Upgrades under way on a thread, then 503; 0: no limit");
    add(settings, "high_water_bytes", &session.high_water_bytes, 0, largest,
        "Bytes a client has not taken yet, above which volatile messages are dropped; 0: any");
    add(settings, "max_buffered_bytes", &session.max_buffered_bytes, 1, largest,
        "The same, above which its connection ends");
}

void add_sockets(Settings& settings, socketio::SocketLimits& sockets) {
    auto const deepest = static_cast<std::int64_t>(engineio::limits::max_json_depth);
    add(settings, "max_attachments", &sockets.packet.max_attachments, 0, largest,
        "Attachments of a Socket.IO packet; 0: none");
    add(settings, "max_attachment_bytes", &sockets.packet.max_attachment_bytes, 0, largest,
        "Their bytes together; 0: as many as fit into messages");
    add(settings, "max_json_depth", &sockets.packet.max_json_depth, 1, deepest,
        "Nesting of a packet's data");
    add(settings, "max_rooms", &sockets.max_rooms, 1, largest, "Rooms of a socket");
    add(settings, "max_room_bytes", &sockets.max_room_bytes, 1, largest, "Bytes of a room's name");
    add(settings, "max_sockets", &sockets.max_sockets, 1, largest, "Sockets of a connection");
    add(settings, "max_auth_bytes", &sockets.max_auth_bytes, 1, largest,
        "Memory of the auth payloads of a connection");
    add(settings, "max_pending_acks", &sockets.max_pending_acks, 1, largest,
        "Acknowledgements awaited from a connection");
    add(settings, "max_answer_bytes", &sockets.max_answer_bytes, 0, largest,
        "Memory of the answers to a broadcast; 0: 16 times max_http_buffer_size");
    add(settings, "max_unfinished_handlers", &sockets.max_unfinished_handlers, 1, largest,
        "Unfinished handlers of a connection, above which it is not read until half are done");
    add(settings, "max_unfinished_handlers_closing", &sockets.max_unfinished_handlers_closing, 2,
        largest, "As many end the connection; more than max_unfinished_handlers");
    add(settings, "max_unfinished_bytes", &sockets.max_unfinished_bytes, 0, largest,
        "Memory of their arguments, likewise; 0: 4 times max_http_buffer_size");
    add(settings, "max_unfinished_bytes_closing", &sockets.max_unfinished_bytes_closing, 0, largest,
        "More ends the connection; more than max_unfinished_bytes; 0: 16 times the same");
}

}  // namespace

std::vector<Setting> limit_settings(LimitsConfig& limits) {
    Settings settings;
    add_connections(settings, limits.http);
    add_times(settings, limits);
    add_sessions(settings, limits.sockets.session);
    add_sockets(settings, limits.sockets);
    return settings;
}

}  // namespace apps::server
