// What slow peers may take: their time, and, as connections without a whole request head are
// counted, not all seats.

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
    started_ = connection_.shard().now();
    auto& waiting = half_open();
    half_open_place_ = waiting.insert(waiting.end(), this);
    auto const most = site_.http.max_half_open_connections;
    auto const shards = site_.shards.size();
    auto const share = most / shards + (most % shards != 0 ? 1 : 0);
    if (most != 0 && waiting.size() > share) {
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

void HttpConnection::time_out() {
    if (connection_.held_off()) {
        // It may have sent what we do not read.
        arm(connection_.shard().now(), limits::held_off_patience);
        return;
    }
    bool const in_head = state_ == State::head;
    bool const nothing_came = in_head && input_.empty();
    if (!nothing_came || !served_) {  // else it was kept alive as long as promised
        connection_.shard().limit_hit(in_head ? "headers_timeout" : "request_timeout",
                                      connection_.remote_address());
    }
    if (state_ == State::draining || nothing_came) {
        end();
    } else {
        refuse("408 Request Timeout");
    }
}

void HttpConnection::arm(Clock::time_point from, std::chrono::milliseconds patience) {
    if (patience == patience.zero()) {
        timer_.cancel();
    } else {
        connection_.shard().timers().arm(timer_, later(from, patience));
    }
}

}  // namespace engineio::net
