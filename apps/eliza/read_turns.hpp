#pragma once

#include "apps/common/synchronized.hpp"
#include "apps/common/turnstile.hpp"
#include "engineio/net/keyed_hash.hpp"
#include "socketio/task.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace apps::eliza {

/// Lets answers that may be long be read and written one at a time, of each address and of all: so
/// they take the memory of one, and who asks for many waits for their own and holds nobody else up
/// by more than one. Any shard.
class ReadTurns {
    struct Lane {
        common::Turnstile turnstile;
        std::size_t present = 0;
    };
    using Lanes = common::Synchronized<
        std::unordered_map<std::string, std::shared_ptr<Lane>, engineio::net::KeyedHash>>;

    /// In an address's lane, which goes with the last of it.
    class Place {
    public:
        Place(std::shared_ptr<Lanes> lanes, std::string address)
            : lanes_(std::move(lanes)), address_(std::move(address)) {
            lane_ = lanes_->with([this](auto& lanes) {
                auto& lane = lanes[address_];
                if (!lane) {
                    lane = std::make_shared<Lane>();
                }
                return ++lane->present <= max_of_address ? lane : nullptr;
            });
        }
        ~Place() {
            lanes_->with([this](auto& lanes) {
                auto const found = lanes.find(address_);
                if (--found->second->present == 0) {
                    lanes.erase(found);
                }
            });
        }
        Place(Place const&) = delete;
        Place& operator=(Place const&) = delete;

        /// Null: there is no place any more.
        Lane* lane() const { return lane_.get(); }

    private:
        std::shared_ptr<Lanes> lanes_;
        std::string address_;
        std::shared_ptr<Lane> lane_;
    };

public:
    /// Whose turn it is and who waits; more are refused.
    static constexpr std::size_t max_of_address = 256;

    /// The turn ends with it.
    struct Ticket {
        std::unique_ptr<Place> place;
        common::Turnstile::TicketPtr of_address;
        common::Turnstile::TicketPtr of_all;
    };

    using Task = socketio::Task<std::unique_ptr<Ticket>>;

    /// Goes on when it is the turn of the address, as address_group() writes it; an empty one has
    /// no bound. Null at once: too many wait.
    Task enter(std::string address) {
        auto ticket = std::make_unique<Ticket>();
        if (!address.empty()) {
            ticket->place = std::make_unique<Place>(lanes_, std::move(address));
            if (ticket->place->lane() == nullptr) {
                co_return nullptr;
            }
            auto turn = ticket->place->lane()->turnstile.enter();
            ticket->of_address = co_await turn.later;
        }
        auto turn = all_.enter();
        ticket->of_all = co_await turn.later;
        co_return ticket;
    }

    /// Addresses of which somebody is there.
    std::size_t size() const {
        return lanes_->with([](auto const& lanes) { return lanes.size(); });
    }

private:
    std::shared_ptr<Lanes> lanes_ = std::make_shared<Lanes>();
    common::Turnstile all_;
};

}  // namespace apps::eliza
