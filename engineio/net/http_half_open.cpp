// Connections without a whole request head are counted, so that slow ones cannot keep all seats.

#include "engineio/net/http_connection.hpp"

namespace engineio::net {

HalfOpen& HttpConnection::half_open() {
    return *site_.half_open[connection_.shard().index()];
}

void HttpConnection::await_first_head() {
    auto const most = site_.http.max_half_open_connections;
    if (most == 0) {
        return;
    }
    auto& waiting = half_open();
    half_open_place_ = waiting.insert(waiting.end(), this);
    auto const shards = site_.shards.size();
    if (waiting.size() > (most + shards - 1) / shards) {
        auto& oldest = waiting.front()->connection_;
        oldest.shard().limit_hit("max_half_open_connections", oldest.remote_address());
        oldest.cut();  // tells its handler, which leaves the list
    }
}

void HttpConnection::leave_half_open() {
    if (half_open_place_) {
        half_open().erase(*half_open_place_);
        half_open_place_.reset();
    }
}

}  // namespace engineio::net
