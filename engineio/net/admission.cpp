#include "engineio/net/admission.hpp"

#include "engineio/net/address_group.hpp"
#include "engineio/net/table_room.hpp"

#include <utility>

namespace engineio::net {

std::shared_ptr<Admission> Admission::make(Limit all, Limit of_address) {
    return all.most == 0 && of_address.most == 0 ? nullptr
                                                 : std::make_shared<Admission>(all, of_address);
}

std::shared_ptr<Admission> Admission::make(HttpOptions const& options) {
    return make({"max_connections", options.max_connections},
                {"max_connections_per_address", options.max_connections_per_address});
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
        std::make_unique<Seat>(of_address_.most != 0 ? address_group(address) : std::string());
    std::lock_guard const lock(mutex_);
    if (all_.most != 0 && open_ >= all_.most) {
        return all_.name;
    }
    if (auto const& group = seat->group_; !group.empty()) {
        auto const found = groups_.try_emplace(group, 0).first;
        if (found->second >= of_address_.most) {
            return of_address_.name;
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
        give_back_room(groups_);
    }
}

std::size_t Admission::taken() const {
    std::lock_guard const lock(mutex_);
    return open_;
}

std::size_t Admission::addresses() const {
    std::lock_guard const lock(mutex_);
    return groups_.size();
}

}  // namespace engineio::net
