#pragma once

#include "apps/common/later.hpp"
#include "apps/common/synchronized.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace apps::common {

/// Lets one through at a time, in the order they came, so that what is expensive takes turns with
/// the rest of the world: `auto turn = turnstile.enter(); auto ticket = co_await turn.later;` goes
/// on when the ticket before has gone. Any shard; tickets may outlive it.
class Turnstile {
    struct Queue;
    using SharedQueue = std::shared_ptr<Synchronized<Queue>>;

public:
    class Ticket {
    public:
        explicit Ticket(SharedQueue queue) : queue_(std::move(queue)) {}
        ~Ticket() { pass_on(queue_); }
        Ticket(Ticket const&) = delete;
        Ticket& operator=(Ticket const&) = delete;

    private:
        SharedQueue queue_;
    };
    using TicketPtr = std::shared_ptr<Ticket>;
    using Resolve = std::function<void(Outcome<TicketPtr>)>;

    /// To be kept until `later` has come. Who drops it waits no longer: nothing is posted to the
    /// shards of those who have gone, also when the program ends.
    struct Turn {
        Later<TicketPtr> later = {};
        std::shared_ptr<Resolve> place = std::make_shared<Resolve>(later.resolver());
    };

    /// On a shard's thread.
    Turn enter() {
        Turn turn;
        bool const free = queue_->with([&](Queue& queue) {
            if (queue.taken) {
                queue.waiting.push_back(turn.place);
            }
            return !std::exchange(queue.taken, true);
        });
        if (free) {
            turn.later.resolve_now({std::make_shared<Ticket>(queue_), {}});
        }
        return turn;
    }

private:
    struct Queue {
        bool taken = false;
        std::deque<std::weak_ptr<Resolve>> waiting;
    };

    static void pass_on(SharedQueue const& queue) {
        auto const next = queue->with([](Queue& now) {
            std::shared_ptr<Resolve> first;
            while (!first && !now.waiting.empty()) {
                first = now.waiting.front().lock();
                now.waiting.pop_front();
            }
            now.taken = first != nullptr;
            return first;
        });
        if (next) {
            (*next)({std::make_shared<Ticket>(queue), {}});
        }
    }

    SharedQueue queue_ = std::make_shared<Synchronized<Queue>>();
};

}  // namespace apps::common
