#pragma once

#include "apps/common/synchronized.hpp"
#include "apps/common/turnstile.hpp"
#include "engineio/net/keyed_hash.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <unordered_map>

namespace apps::common {

/// A turnstile for each key, a person for example, whatever connection they come by: who opens
/// several has one turn all the same. Each is forgotten some time after nobody holds it any more.
/// Any thread.
class Turnstiles {
public:
    using TurnstilePtr = std::shared_ptr<Turnstile>;

    /// To be held while one waits and as long as one has the ticket. Null: `most` hold it already.
    TurnstilePtr of(std::string const& key,
                    std::size_t most = std::numeric_limits<std::size_t>::max()) {
        return known_.with([&](Known& known) -> TurnstilePtr {
            auto& place = known.turnstiles[key];
            // Nobody comes to hold it meanwhile: that is here only.
            if (static_cast<std::size_t>(place.use_count()) >= most) {
                return nullptr;
            }
            auto turnstile = place.lock();
            if (!turnstile) {
                turnstile = std::make_shared<Turnstile>();
                place = turnstile;
                known.sweep();
            }
            return turnstile;
        });
    }
    /// Those remembered, held or not.
    std::size_t size() {
        return known_.with([](Known& known) { return known.turnstiles.size(); });
    }

    static constexpr std::size_t few = 64;  ///< as many are not looked through

private:
    struct Known {
        std::unordered_map<std::string, std::weak_ptr<Turnstile>, engineio::net::KeyedHash>
            turnstiles;
        std::size_t sweep_above = few;

        // Each time they have doubled, so that it costs the same for one however many there are.
        void sweep() {
            if (turnstiles.size() > sweep_above) {
                std::erase_if(turnstiles, [](auto const& entry) { return entry.second.expired(); });
                sweep_above = std::max(few, 2 * turnstiles.size());
            }
        }
    };

    Synchronized<Known> known_;
};

}  // namespace apps::common
