// Connections without a whole request head are counted, so that slow ones cannot keep all seats.

#include "engineio/limits.hpp"
#include "engineio/net/http_connection.hpp"

namespace engineio::net {

namespace {

void cut_oldest(Connection& connection) {
    connection.shard().limit_hit("max_half_open_connections", connection.remote_address());
    connection.cut();  // tells its handler, which leaves the list
}

}  // namespace

HalfOpen& HttpConnection::half_open() {
    return *site_.half_open[connection_.shard().index()];
}

void HttpConnection::await_first_head() {
    auto const most = site_.http.max_half_open_connections;
    if (most == 0) {
        return;
    }
    started_ = connection_.shard().now();
    auto& waiting = half_open();
    half_open_place_ = waiting.insert(waiting.end(), this);
    auto const shards = site_.shards.size();
    if (waiting.size() > (most + shards - 1) / shards) {
        cut_oldest(waiting.front()->connection_);
    }
}

bool HttpConnection::make_room(HalfOpen& waiting, Clock::time_point now) {
    std::size_t cuts = 0;
    while (cuts < limits::max_half_open_cuts && !waiting.empty() &&
           now - waiting.front()->started_ >= limits::half_open_grace) {
        cut_oldest(waiting.front()->connection_);
        ++cuts;
    }
    return cuts != 0;
}

void HttpConnection::leave_half_open() {
    if (half_open_place_) {
        half_open().erase(*half_open_place_);
        half_open_place_.reset();
    }
}

}  // namespace engineio::net
