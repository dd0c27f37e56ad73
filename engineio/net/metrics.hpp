#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace engineio::net {

/// Plain counters of one shard, written only by its thread, so that counting costs one increment
/// and no atomics. HttpServer::gather_metrics() and socketio::Server::metrics() add up those of
/// all.
struct Metrics {
    /// Gauges: the present number.
    std::uint64_t connections = 0;  ///< open TCP connections
    std::uint64_t websockets = 0;
    std::uint64_t sessions = 0;             ///< Engine.IO sessions
    std::uint64_t sockets = 0;              ///< Socket.IO sockets over all namespaces
    std::uint64_t unfinished_upgrades = 0;  ///< of sessions, from polling to a WebSocket
    std::uint64_t pending_acks = 0;         ///< acknowledgements awaited from clients
    std::uint64_t buffered_bytes = 0;
    std::uint64_t timers = 0;  ///< armed deadlines; in copies of Shard::present_metrics() only

    /// Counters since start.
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_handed_over = 0;
    std::uint64_t http_requests = 0;
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t messages_deflated = 0;  ///< compressions made; a shared one counts once
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_inflated = 0;  ///< what compressed WebSocket messages became
    std::uint64_t bytes_out = 0;
    std::uint64_t volatile_dropped = 0;
    std::uint64_t slow_readers_closed = 0;
    std::uint64_t protocol_errors = 0;
    std::uint64_t invalid_events = 0;
    std::uint64_t handler_exceptions = 0;
    std::uint64_t flushes = 0;

    /// Ended sessions by reason ("transport close", "ping timeout", …): only names this program
    /// knows, never a peer's text, so the map stays small.
    std::map<std::string, std::uint64_t, std::less<>> closes;

    /// How often peers met a limit, by the name of its option.
    std::map<std::string, std::uint64_t, std::less<>> limit_hits;

    /// Counts one end.
    void count_close(std::string_view reason);
    /// Counts one hit; Shard::limit_hit() says so in the log, too.
    void count_limit_hit(std::string_view limit);

    /// Adds another shard's.
    Metrics& operator+=(Metrics const& other);
};

/// Any thread, of a copy. The Prometheus text format 0.0.4; names start with "hubbub_".
std::string prometheus_text(Metrics const& metrics);

}  // namespace engineio::net
