#pragma once

#include "engineio/net/message.hpp"
#include "engineio/net/shared_bytes.hpp"

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace engineio::net {

// One part of a connection's output, of its own or shared with other connections.
struct OutputItem {
    Message shared;
    SharedBytes text;  // instead; may be shared with other shards, too
    std::string_view bytes() const { return text ? text.view() : shared.frame(); }
};
using OutputItems = std::vector<OutputItem>;

// Room for queues, lent by a shard to those of its connections that have output at the moment: an
// idle connection holds none, a busy one allocates none.
class OutputRooms {
public:
    OutputItems borrow() {
        if (spare_.empty()) {
            return {};
        }
        auto room = std::move(spare_.back());
        spare_.pop_back();
        return room;
    }
    void give_back(OutputItems room) {
        room.clear();
        if (room.capacity() <= max_items && spare_.size() < max_spare) {
            spare_.push_back(std::move(room));
        }
    }

    void clear() { std::vector<OutputItems>().swap(spare_); }

private:
    static constexpr std::size_t max_items = 64;
    static constexpr std::size_t max_spare = 1024;
    std::vector<OutputItems> spare_;
};

}  // namespace engineio::net
