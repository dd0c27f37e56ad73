// How connections come to a shard, from the listener or from another shard.

#include "engineio/net/http_connection.hpp"
#include "engineio/net/result.hpp"

#include <utility>

namespace engineio::net {

void adopt(IoShard& shard, Site const& site, Handoff handoff) {
    if (shard.stopping() || !handoff.socket) {
        return;
    }
    if (site.tls && !handoff.tls) {
        handoff.tls = std::make_unique<TlsFilter>(site.tls->current());
    }
    auto unread = std::move(handoff.unread);
    auto owned = std::make_unique<Connection>(shard, std::move(handoff));
    auto& connection = *owned;
    shard.own(std::move(owned));
    auto handler = std::make_unique<HttpConnection>(connection, site);
    if (unread.empty()) {
        handler->await_first_head();
        connection.start(std::move(handler), {});
        return;
    }
    shard.serve([&] {
        shard.serving(connection);
        connection.start(std::move(handler), std::move(unread));
    });
}

void HttpConnection::hand_over(unsigned shard_index) {
    SIO_ASSERT(state_ == State::answering && scanned_ != 0 && shard_index < site_.shards.size());
    detach();
    state_ = State::ended;
    timer_.cancel();
    auto& target = *site_.shards[shard_index];
    ++connection_.shard().metrics().connections_handed_over;
    auto handoff = connection_.release(std::exchange(input_, {}));
    target.post([&target, &site = site_, handoff = std::move(handoff)]() mutable {
        adopt(target, site, std::move(handoff));
    });
}

}  // namespace engineio::net
