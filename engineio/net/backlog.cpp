#include "engineio/net/backlog.hpp"

#include "engineio/limits.hpp"

#include <utility>

namespace engineio::net {

Backlog::Backlog() : high_{limits::posted_high_water_bytes}, most_{limits::max_posted_bytes} {}

void Backlog::share(std::shared_ptr<Backlogs> shared) {
    if (shared_) {
        high_.leave(shared_->behind);
        most_.leave(shared_->far_behind);
    }
    shared_ = std::move(shared);
}

void Backlog::add(std::size_t bytes) {
    waiting_ += bytes;
    look();
}

void Backlog::subtract(std::size_t bytes) {
    waiting_ -= bytes;
    look();
}

void Backlog::look() {
    if (shared_) {
        high_.look(waiting_, shared_->behind);
        most_.look(waiting_, shared_->far_behind);
    }
}

bool Backlog::others_behind() const {
    return shared_ && high_.reached_elsewhere(shared_->behind);
}

bool Backlog::others_far_behind() const {
    return shared_ && most_.reached_elsewhere(shared_->far_behind);
}

void Backlog::Mark::look(std::size_t waiting, std::atomic<unsigned>& shards) {
    if (!reached && waiting >= bytes) {
        reached = true;
        ++shards;
    } else if (waiting < bytes / 2) {
        leave(shards);
    }
}

void Backlog::Mark::leave(std::atomic<unsigned>& shards) {
    if (reached.exchange(false)) {
        --shards;
    }
}

bool Backlog::Mark::reached_elsewhere(std::atomic<unsigned> const& shards) const {
    return shards > (reached ? 1U : 0U);
}

}  // namespace engineio::net
