#pragma once

#include "apps/common/turnstile.hpp"
#include "apps/common/turnstiles.hpp"
#include "socketio/task.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace apps::eliza {

/// Lets answers that may be long be read and written one at a time, of each address and of all: so
/// they take the memory of one, and who asks for many waits for their own and holds nobody else up
/// by more than one. Any shard.
class ReadTurns {
public:
    /// Whose turn it is and who waits; more are refused.
    static constexpr std::size_t max_of_address = 256;

    /// The turn ends with it.
    struct Ticket {
        common::Turnstiles::TurnstilePtr turnstile;
        common::Turnstile::TicketPtr of_address;
        common::Turnstile::TicketPtr of_all;
    };

    using Task = socketio::Task<std::unique_ptr<Ticket>>;

    /// Goes on when it is the turn of the address, as address_group() writes it; an empty one has
    /// no bound. Null at once: too many wait.
    Task enter(std::string address) {
        auto ticket = std::make_unique<Ticket>();
        if (!address.empty()) {
            ticket->turnstile = addresses_.of(address, max_of_address);
            if (!ticket->turnstile) {
                co_return nullptr;
            }
            auto turn = ticket->turnstile->enter();
            ticket->of_address = co_await turn.later;
        }
        auto turn = all_.enter();
        ticket->of_all = co_await turn.later;
        co_return ticket;
    }

private:
    common::Turnstiles addresses_;
    common::Turnstile all_;
};

}  // namespace apps::eliza
