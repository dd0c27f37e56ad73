#pragma once

#include "engineio/net/message.hpp"
#include "engineio/net/shared_bytes.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engineio::net {

// What is no message: the answers of HTTP, of the connection's own or shared with other shards,
// too.
struct OutputText {
    explicit OutputText(std::string own) : own(std::move(own)) {}
    explicit OutputText(SharedBytes shared) : shared(std::move(shared)) {}
    std::string_view bytes() const { return shared ? shared.view() : std::string_view(own); }

    std::string own;
    SharedBytes shared;
};

// One part of a connection's output. Small, because a slow reader's queue holds very many.
struct OutputItem {
    explicit OutputItem(Message message = {}) : message(std::move(message)) {}
    explicit OutputItem(std::string own) : text(std::make_unique<OutputText>(std::move(own))) {}
    explicit OutputItem(SharedBytes shared)
        : text(std::make_unique<OutputText>(std::move(shared))) {}
    std::string_view bytes() const { return text ? text->bytes() : message.frame(); }

    Message message;
    std::unique_ptr<OutputText> text;  // instead
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
