#include "apps/fuse/recent_ids.hpp"

namespace apps::fuse {

// Senders' ids are ours and have no separator in them.
std::string RecentIds::key_of(std::string_view sender, std::string_view id) {
    return std::string(sender) + '\n' + std::string(id);
}

bool RecentIds::knows(std::string_view sender, std::string_view id, std::int64_t now) const {
    auto const found = seen_.find(key_of(sender, id));
    return !id.empty() && found != seen_.end() && found->second > now - window;
}

std::int64_t RecentIds::first_seen(std::string_view sender, std::string_view id, std::int64_t now) {
    forget_old(now);
    if (id.empty()) {
        return now;
    }
    auto key = key_of(sender, id);
    if (auto const found = seen_.find(key); found != seen_.end()) {
        return found->second;
    }
    order_.emplace_back(std::move(key), now);
    seen_.emplace(order_.back().first, now);
    return now;
}

void RecentIds::forget_old(std::int64_t now) {
    while (!order_.empty() && (order_.front().second <= now - window || order_.size() >= max_ids)) {
        seen_.erase(order_.front().first);
        order_.pop_front();
    }
}

}  // namespace apps::fuse
