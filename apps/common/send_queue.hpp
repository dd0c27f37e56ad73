#pragma once

#include "apps/common/envelope.hpp"
#include "engineio/net/message.hpp"

#include <array>
#include <cstddef>
#include <deque>

namespace apps::common {

/// What waits for a reader that is slower than its output: the most urgent level first, in order
/// within a level. So that a flood of urgent messages delays the others but never stops them, one
/// of the least urgent level goes out after `urgent_run` that were put before it. Owned by a Peer;
/// there only while something waits.
class SendQueue {
public:
    static constexpr int urgent_run = 16;

    /// `level` from 0, the most urgent, to Envelope::priority_levels - 1.
    void push(engineio::net::Message message, int level);
    /// The next one to send; an empty handle if nothing waits.
    engineio::net::Message pop();

    bool empty() const { return bytes_ == 0; }
    std::size_t bytes() const { return bytes_; }  ///< of all frames that wait
    std::size_t size() const { return size_; }    ///< how many

private:
    std::array<std::deque<engineio::net::Message>, Envelope::priority_levels> levels_;
    std::size_t bytes_ = 0;
    std::size_t size_ = 0;
    int run_ = 0;
};

}  // namespace apps::common
