#include "apps/conformance/reasons.hpp"

namespace conformance {

void Reasons::add(std::string const& tag, socketio::Json ended) {
    std::lock_guard lock(mutex_);
    auto const [entry, is_new] = by_tag_.try_emplace(tag);
    auto& list = entry->second;
    list.push_back(std::move(ended));
    if (list.size() > max_per_tag) {
        list.erase(list.begin());
    }
    if (is_new) {
        order_.push_back(tag);
    }
    if (order_.size() > max_tags) {
        by_tag_.erase(order_.front());
        order_.pop_front();
    }
}

socketio::Json Reasons::of(std::string const& tag) const {
    std::lock_guard lock(mutex_);
    auto const found = by_tag_.find(tag);
    return found == by_tag_.end() ? socketio::Json::array() : socketio::Json(found->second);
}

}  // namespace conformance
