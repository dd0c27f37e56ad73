#include "apps/common/send_queue.hpp"

#include <algorithm>
#include <utility>

namespace apps::common {

using engineio::net::Message;

void SendQueue::push(Message message, int level) {
    bytes_ += message.frame().size();
    ++size_;
    levels_[static_cast<std::size_t>(level)].push_back(std::move(message));
}

Message SendQueue::pop() {
    auto const waits = [](auto const& level) { return !level.empty(); };
    auto const urgent = std::find_if(levels_.begin(), levels_.end(), waits);
    if (urgent == levels_.end()) {
        return {};
    }
    auto const last = std::find_if(levels_.rbegin(), levels_.rend(), waits);
    bool const others_wait = &*urgent != &*last;
    auto& level = others_wait && run_ == urgent_run ? *last : *urgent;
    run_ = others_wait && &level == &*urgent ? run_ + 1 : 0;
    auto message = std::move(level.front());
    level.pop_front();
    bytes_ -= message.frame().size();
    --size_;
    return message;
}

}  // namespace apps::common
