// Events on their way out: encoding, the recovery log, delivery on every shard.

#include "socketio/client.hpp"
#include "socketio/core.hpp"
#include "socketio/namespace.hpp"
#include "socketio/namespace_recipients.hpp"
#include "socketio/namespace_shard.hpp"

#include <utility>

namespace socketio {

namespace {

// Within a turn the shard's time, which sessions are saved and restored with, too.
Recovery::TimePoint log_time() {
    auto const* const shard = engineio::net::Shard::current();
    return shard ? shard->now() : engineio::net::Shard::Clock::now();
}

}  // namespace

EncodedPacket Namespace::encode(EventRef const& event, std::optional<std::uint64_t> id,
                                std::string_view offset) const {
    auto const payload = [&](Writer& writer) {
        writer.begin_array(1 + event.count + (offset.empty() ? 0 : 1));
        writer.string(event.name);
        event.args(writer);
        if (!offset.empty()) {
            writer.string(offset);
        }
        writer.end_array();
    };
    return core_.parser().encode(PacketType::event, name_, id, payload);
}

// To one connected socket, on its shard.
std::shared_ptr<EncodedPacket const> Namespace::log_unicast(Socket const& socket,
                                                            EventRef const& event) {
    return recovery_->append_unicast(
        log_time(), Selection{{socket.id_}, {}},
        [&](std::string_view offset) { return encode(event, std::nullopt, offset); },
        socket.shard_.index());
}

// One broadcast on its way over the shards.
struct Namespace::Broadcast {
    NamespacePtr nsp;
    Selection selection;
    EmitFlags flags;
    Recovery::Logged sent;
    std::shared_ptr<Args const> args;  // null unless somebody listens to outgoing events
    std::string name;                  // likewise

    void operator()(engineio::net::Shard& shard) const {
        auto& part = nsp->shard(shard.index());
        if (part.delivering) {  // within a hook: later, so that everybody hears them in one order
            return shard.defer([later = *this, &shard] { later(shard); });
        }
        if (sent.position) {
            nsp->recovery_->note(sent, shard.index());
        }
        auto const messages = to_messages(*sent.packet);
        Event const told{name, args ? *args : std::span<Json const>(), false};
        nsp->each_recipient(part, selection, args ? &told : nullptr, [&](Socket& socket) {
            if (sent.position == 0 || socket.log_position_ < sent.position) {
                socket.deliver(messages, flags);
            }
        });
    }
};

void Namespace::broadcast(Selection const& selection, EmitFlags const& flags,
                          EventRef const& event) {
    check_event_name(event.name);
    std::shared_ptr<Args const> args;
    if (hears_outgoing()) {
        args = std::make_shared<Args const>(to_args(event));
    }
    if (core_.adapter() && !flags.local) {
        publish_broadcast(selection, flags, event);
    }
    auto const somebody = [this](unsigned index) { return shards_[index]->count.load() > 0; };
    Recovery::Logged sent;
    if (recovery_ && !flags.is_volatile) {
        sent = recovery_->append(
            log_time(), selection,
            [&](std::string_view offset) { return encode(event, std::nullopt, offset); }, somebody);
    } else {
        sent.packet = std::make_shared<EncodedPacket const>(encode(event, std::nullopt, {}));
    }
    core_.on_shards(
        [&](unsigned index) {
            return sent.position ? sent.previous[index] != Recovery::not_sent : somebody(index);
        },
        Broadcast{this, selection, flags, sent, args,
                  args ? std::string(event.name) : std::string()},
        sent.packet ? sent.packet->bytes() : 0);
}

}  // namespace socketio
