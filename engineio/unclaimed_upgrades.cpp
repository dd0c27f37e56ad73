#include "engineio/unclaimed_upgrades.hpp"

#include <iterator>
#include <memory>
#include <utility>

namespace engineio {

UnclaimedUpgrades::UnclaimedUpgrades(net::Shard& shard, Options const& options)
    : shard_(shard), options_(options) {}

void UnclaimedUpgrades::hold(net::Responder responder, std::string_view address) {
    if (held_.size() == options_.limits.max_unclaimed_upgrades) {
        shard_.limit_hit("max_unclaimed_upgrades", address);
        drop(held_.begin());
    }
    held_.push_back({std::move(responder), {}});
    auto const which = std::prev(held_.end());
    which->responder.on_abort([this, which] { drop(which); });
    if (options_.destroy_upgrade) {
        which->timer =
            shard_.timers().after(options_.destroy_upgrade_timeout, [this, which] { drop(which); });
    }
}

void UnclaimedUpgrades::drop(std::list<Held>::iterator which) {
    which->responder.on_abort(nullptr);
    // Later: the timer's callback may be on the stack. A dropped responder cuts the connection.
    auto gone = std::make_shared<std::list<Held>>();
    gone->splice(gone->end(), held_, which);
    gone->front().timer.cancel();
    shard_.defer([gone] {});
}

}  // namespace engineio
