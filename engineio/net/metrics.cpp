#include "engineio/net/metrics.hpp"

#include <fmt/format.h>

#include <iterator>

namespace engineio::net {

namespace {

struct Row {
    std::uint64_t Metrics::*value;
    std::string_view name;
    std::string_view type;
    std::string_view help;
};

/// Summing and printing both walk this table, so a new counter is one member and one row.
constexpr Row rows[] = {
    {&Metrics::connections, "connections", "gauge", "Open TCP connections."},
    {&Metrics::websockets, "websockets", "gauge", "Open WebSockets."},
    {&Metrics::sessions, "sessions", "gauge", "Open Engine.IO sessions."},
    {&Metrics::sockets, "sockets", "gauge", "Connected Socket.IO sockets."},
    {&Metrics::unfinished_upgrades, "unfinished_upgrades", "gauge",
     "Sessions on their way from polling to a WebSocket."},
    {&Metrics::pending_acks, "pending_acks", "gauge", "Acknowledgements awaited from clients."},
    {&Metrics::buffered_bytes, "buffered_bytes", "gauge", "Output waiting for slow readers."},
    {&Metrics::timers, "timers", "gauge", "Deadlines that are waited for."},
    {&Metrics::connections_accepted, "connections_accepted_total", "counter",
     "Accepted TCP connections."},
    {&Metrics::connections_handed_over, "connections_handed_over_total", "counter",
     "Connections moved to another shard."},
    {&Metrics::http_requests, "http_requests_total", "counter", "HTTP requests."},
    {&Metrics::messages_in, "messages_in_total", "counter", "Messages received."},
    {&Metrics::messages_out, "messages_out_total", "counter", "Messages sent."},
    {&Metrics::messages_deflated, "messages_deflated_total", "counter",
     "Messages compressed for WebSockets."},
    {&Metrics::bytes_in, "bytes_in_total", "counter", "Bytes read from sockets."},
    {&Metrics::bytes_inflated, "bytes_inflated_total", "counter",
     "Bytes of compressed WebSocket messages once inflated."},
    {&Metrics::bytes_out, "bytes_out_total", "counter", "Bytes written to sockets."},
    {&Metrics::volatile_dropped, "volatile_dropped_total", "counter",
     "Volatile messages dropped for slow readers."},
    {&Metrics::slow_readers_closed, "slow_readers_closed_total", "counter",
     "Connections closed for reading too slowly."},
    {&Metrics::protocol_errors, "protocol_errors_total", "counter", "Violations by peers."},
    {&Metrics::invalid_events, "invalid_events_total", "counter",
     "Events whose arguments had the wrong shape."},
    {&Metrics::handler_exceptions, "handler_exceptions_total", "counter",
     "Exceptions out of event handlers."},
    {&Metrics::flushes, "flushes_total", "counter", "Gathered writes."},
};

using Counts = std::map<std::string, std::uint64_t, std::less<>>;

void count_name(Counts& counts, std::string_view name) {
    auto const found = counts.find(name);
    if (found != counts.end()) {
        ++found->second;
    } else {
        counts.emplace(name, 1);
    }
}

void add_counts(Counts& counts, Counts const& others) {
    for (auto const& [name, number] : others) {
        counts[name] += number;
    }
}

void print_counts(std::string& text, Counts const& counts, std::string_view name,
                  std::string_view label, std::string_view help) {
    auto out = std::back_inserter(text);
    fmt::format_to(out, "# HELP hubbub_{0} {1}\n# TYPE hubbub_{0} counter\n", name, help);
    for (auto const& [value, number] : counts) {
        fmt::format_to(out, "hubbub_{}{{{}=\"{}\"}} {}\n", name, label, value, number);
    }
}

}  // namespace

void Metrics::count_close(std::string_view reason) {
    count_name(closes, reason);
}

void Metrics::count_limit_hit(std::string_view limit) {
    count_name(limit_hits, limit);
}

Metrics& Metrics::operator+=(Metrics const& other) {
    for (Row const& row : rows) {
        this->*row.value += other.*row.value;
    }
    add_counts(closes, other.closes);
    add_counts(limit_hits, other.limit_hits);
    return *this;
}

std::string prometheus_text(Metrics const& metrics) {
    std::string text;
    auto out = std::back_inserter(text);
    for (Row const& row : rows) {
        fmt::format_to(out, "# HELP hubbub_{0} {1}\n# TYPE hubbub_{0} {2}\nhubbub_{0} {3}\n",
                       row.name, row.help, row.type, metrics.*row.value);
    }
    print_counts(text, metrics.closes, "closes_total", "reason", "Ended sessions by reason.");
    print_counts(text, metrics.limit_hits, "limit_hits_total", "limit", "Limits met by peers.");
    return text;
}

}  // namespace engineio::net
