#include "engineio/exchange.hpp"

#include <utility>

namespace engineio {

Suspended::Suspended(net::Shard& shard, Exchange exchange)
    : shard_(shard), exchange_(std::move(exchange)) {}

std::shared_ptr<Suspended> Suspended::make(net::Shard& shard, Exchange exchange) {
    return {new Suspended(shard, std::move(exchange)), [&shard](Suspended* suspended) {
                std::unique_ptr<Suspended> last(suspended);
                if (!shard.is_current() && last->exchange_.responder) {
                    shard.post([last = std::move(last)] {});
                }
            }};
}

void Suspended::resume(std::function<void(Exchange)> go) {
    if (resumed_.exchange(true)) {
        return;
    }
    auto task = [self = shared_from_this(), go = std::move(go)] {
        if (self->exchange_.responder) {
            go(std::move(self->exchange_));
        }
    };
    if (shard_.is_current()) {
        shard_.defer(std::move(task));
    } else {
        shard_.post(std::move(task));
    }
}

}  // namespace engineio
