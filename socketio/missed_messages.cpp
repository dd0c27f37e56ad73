#include "socketio/missed_messages.hpp"

#include "engineio/limits.hpp"
#include "engineio/net/shard.hpp"

#include <algorithm>

namespace socketio {

namespace {

bool is_large(EncodedPacket const& packet) {
    return packet.main.size() >= engineio::limits::min_shared_missed_bytes ||
           !packet.attachments.empty();
}

}  // namespace

Messages MissedMessages::of(std::shared_ptr<EncodedPacket const> const& packet,
                            engineio::net::Shard& shard) {
    if (!is_large(*packet)) {
        return to_messages(*packet);
    }
    auto& sent = sent_[packet.get()];
    if (!sent.packet) {
        sent = {packet, to_messages(*packet)};
    }
    if (!timer_.armed()) {
        watch(shard);
    }
    return sent.messages;
}

void MissedMessages::watch(engineio::net::Shard& shard) {
    timer_ = shard.timers().after(engineio::limits::shared_missed_interval,
                                  [this, &shard] { forget_read(shard); });
}

void MissedMessages::forget_read(engineio::net::Shard& shard) {
    std::erase_if(sent_, [](auto const& one) {
        return std::ranges::none_of(one.second.messages,
                                    [](auto const& message) { return message.shared(); });
    });
    if (sent_.empty()) {
        sent_ = decltype(sent_)();  // the index of many, too
    } else {
        watch(shard);
    }
}

}  // namespace socketio
