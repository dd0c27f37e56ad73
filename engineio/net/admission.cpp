#include "engineio/net/admission.hpp"

#include "engineio/net/address_group.hpp"

#include <utility>

namespace engineio::net {

std::shared_ptr<Admission> Admission::make(HttpOptions const& options) {
    if (options.max_connections == 0 && options.max_connections_per_address == 0) {
        return nullptr;
    }
    return std::make_shared<Admission>(options.max_connections,
                                       options.max_connections_per_address);
}

Admission::Seat::~Seat() {
    if (admission_) {
        admission_->leave(group_);
    }
}

Result<std::unique_ptr<Admission::Seat>, std::string_view>
Admission::enter(std::string_view address) {
    // Only what is counted is remembered.
    auto seat =
        std::make_unique<Seat>(most_of_address_ != 0 ? address_group(address) : std::string());
    std::lock_guard const lock(mutex_);
    if (most_ != 0 && open_ >= most_) {
        return std::string_view("max_connections");
    }
    if (auto const& group = seat->group_; !group.empty()) {
        auto const found = groups_.try_emplace(group, 0).first;
        if (found->second >= most_of_address_) {
            return std::string_view("max_connections_per_address");
        }
        ++found->second;
    }
    ++open_;
    seat->admission_ = shared_from_this();
    return seat;
}

void Admission::leave(std::string const& group) {
    std::lock_guard const lock(mutex_);
    --open_;
    auto const found = group.empty() ? groups_.end() : groups_.find(group);
    if (found != groups_.end() && --found->second == 0) {
        groups_.erase(found);
    }
}

std::size_t Admission::addresses() const {
    std::lock_guard const lock(mutex_);
    return groups_.size();
}

}  // namespace engineio::net
