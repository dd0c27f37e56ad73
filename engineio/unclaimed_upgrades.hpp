#pragma once

#include "engineio/config.hpp"
#include "engineio/net/http.hpp"
#include "engineio/net/shard.hpp"

#include <list>
#include <string_view>

namespace engineio {

// Upgrade requests for paths that nobody serves. As in Node they are ended without a byte after
// destroy_upgrade_timeout, or held as long as their peers like without destroy_upgrade. At most
// Options::max_unclaimed_upgrades of a shard; the oldest goes first. Owned by whoever has the
// engine of the shard beside other routes.
class UnclaimedUpgrades {
public:
    UnclaimedUpgrades(net::Shard& shard, Options const& options);

    // `address` is that of the peer.
    void hold(net::Responder responder, std::string_view address);

private:
    struct Held {
        net::Responder responder;
        net::OneShot timer;
    };

    void drop(std::list<Held>::iterator which);

    net::Shard& shard_;
    Options const& options_;
    std::list<Held> held_;
};

}  // namespace engineio
