#include "engineio/exchange.hpp"

#include "engineio/guard.hpp"

#include <utility>

namespace engineio {

Suspended::Suspended(net::Shard& shard, std::weak_ptr<void> engine, Exchange exchange)
    : shard_(shard), engine_(std::move(engine)), exchange_(std::move(exchange)) {}

std::shared_ptr<Suspended> Suspended::make(net::Shard& shard, std::weak_ptr<void> engine,
                                           Exchange exchange) {
    return {new Suspended(shard, std::move(engine), std::move(exchange)), destroy};
}

void Suspended::destroy(Suspended* suspended) {
    std::unique_ptr<Suspended> last(suspended);
    auto& shard = last->shard_;
    if (auto const engine = last->engine_.lock(); engine && !shard.is_current()) {
        shard.post([last = std::move(last)] {});
    }
}

void Suspended::resume(std::function<void(Exchange)> go) {
    auto const engine = engine_.lock();
    if (!engine || resumed_.exchange(true)) {
        return;
    }
    auto task = [self = shared_from_this(), go = std::move(go)] {
        if (self->exchange_.responder) {
            guarded(self->shard_, "the handling of a request",
                    [&] { go(std::move(self->exchange_)); });
        }
    };
    if (shard_.is_current()) {
        shard_.defer(std::move(task));
    } else {
        shard_.post(std::move(task));
    }
}

}  // namespace engineio
