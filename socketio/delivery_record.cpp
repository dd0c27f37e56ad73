#include "socketio/delivery_record.hpp"

#include <algorithm>

namespace socketio {

bool LogPositions::contains(std::uint64_t position) const {
    return position <= low || std::binary_search(beyond.begin(), beyond.end(), position);
}

void LogPositions::raise(std::uint64_t position) {
    low = std::max(low, position);
    std::erase_if(beyond, [this](std::uint64_t other) { return other <= low; });
}

bool DeliveryRecord::advance(std::uint64_t position, std::uint64_t previous) {
    if (previous == low_ && beyond_.empty()) {
        low_ = position;
        return true;
    }
    beyond_.emplace(previous, position);
    catch_up();
    return false;
}

void DeliveryRecord::catch_up() {
    for (auto next = beyond_.find(low_); next != beyond_.end(); next = beyond_.find(low_)) {
        low_ = next->second;
        beyond_.erase(next);
    }
}

// What the log has forgotten is not waited for: perhaps there was no memory to deliver it.
void DeliveryRecord::skip_lost(std::uint64_t log_begin) {
    while (!beyond_.empty() && beyond_.begin()->first < log_begin) {
        auto const [previous, position] = *beyond_.begin();
        if (previous > low_) {
            lost_ = previous;
        }
        low_ = std::max(low_, position);
        beyond_.erase(beyond_.begin());
        catch_up();
    }
}

void DeliveryRecord::forget(std::uint64_t log_begin) {
    while (!deviations_.empty() && deviations_.front().position < log_begin) {
        deviations_.pop_front();
    }
}

void DeliveryRecord::remember(std::uint64_t position, std::uint64_t log_begin) {
    forget(log_begin);
    skip_lost(log_begin);
    deviations_.push_back({position, low_});
}

LogPositions DeliveryRecord::at(std::uint64_t position) const {
    auto const found = std::ranges::find(deviations_, position, &Deviation::position);
    if (found == deviations_.end()) {
        return {position, {}};
    }
    LogPositions delivered{found->low, {}};
    for (auto at = deviations_.begin(); at <= found; ++at) {
        if (at->position > delivered.low) {
            delivered.beyond.push_back(at->position);
        }
    }
    std::ranges::sort(delivered.beyond);
    return delivered;
}

}  // namespace socketio
