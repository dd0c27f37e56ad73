// What happens to a packet that found its socket: the dispatch phase of a turn.

#include "engineio/net/log.hpp"
#include "engineio/net/shard.hpp"
#include "socketio/client.hpp"
#include "socketio/guard.hpp"
#include "socketio/handler.hpp"
#include "socketio/json_text.hpp"
#include "socketio/listeners.hpp"
#include "socketio/namespace.hpp"
#include "socketio/socket.hpp"

#include <optional>
#include <utility>

namespace socketio {

namespace {

// The protocol allows numbers as event names; they are looked up by their text, as in JavaScript.
std::string event_name(Json::Array const& data) {
    if (data.empty()) {
        return {};
    }
    std::string const* const name = data.front().string();
    return name ? *name : data.front().dump();
}

Event view_of(std::string_view name, Packet const& packet) {
    auto const& data = *packet.data.array_items();
    std::span<Json const> args(data);
    return {name, args.subspan(data.empty() ? 0 : 1), packet.id.has_value()};
}

}  // namespace

void Socket::on_packet(Packet&& packet) {
    switch (packet.type) {
    case PacketType::event:
        return on_event(std::move(packet));
    case PacketType::ack: {
        Args args;
        if (Json::Array* const items = packet.data.array_items()) {
            args.assign(std::make_move_iterator(items->begin()),
                        std::make_move_iterator(items->end()));
        }
        return settle_ack(*packet.id, std::move(args));  // it was awaited
    }
    case PacketType::disconnect:
        if (client_) {
            client_->remove(*this);
        }
        return leave_namespace(DisconnectReason::client_namespace_disconnect, {});
    default:
        return;  // the client lets no other type through
    }
}

// What event middlewares see of one event. `next` keeps it, so a coroutine may look at its Event
// after a co_await, too.
struct Socket::EventInHand {
    EventInHand(Packet given, std::shared_ptr<detail::AckSlot> slot,
                std::vector<ListenerList<EventMiddleware>::Ptr> of_socket)
        : packet(std::move(given)), ack(std::move(slot)), held{{}, *packet.data.array_items()},
          own(std::move(of_socket)) {}

    // The middleware before may have changed the packet.
    HeldEvent const& look() {
        if (held.packet.empty()) {
            held.packet.emplace_back("");  // the name of an event without any
        }
        name = event_name(held.packet);
        held.event = view_of(name, packet);
        held.event.slot = ack.get();
        return held;
    }

    Packet packet;
    std::shared_ptr<detail::AckSlot> ack;  // null if none was asked for
    std::string name;
    HeldEvent held;
    std::vector<ListenerList<EventMiddleware>::Ptr> own;  // the socket's, as they were
    std::optional<detail::Unfinished> waiting;            // for a middleware's decision
};

void Socket::on_event(Packet&& packet) {
    SocketPtr const keep(this);
    if (client_) {
        client_->next_event();
    }
    if (packet.raw && wants_raw(packet.raw->name)) {
        return run_handlers(packet, ack_slot(packet));  // no listeners to any event, no middlewares
    }
    if (packet.raw) {
        packet.parse_raw();
    }
    if (!packet.data.is_array()) {
        packet.data = Json::array();
    }
    run_any(packet);
    bool const own = listeners_ && !listeners_->middlewares.empty();
    if (nsp_->handlers().event_middlewares.empty() && !own) {
        return run_handlers(packet, ack_slot(packet));
    }
    auto ack = ack_slot(packet);
    run_event_middlewares(
        std::make_shared<EventInHand>(std::move(packet), std::move(ack),
                                      own ? listeners_->middlewares.snapshot()
                                          : std::vector<ListenerList<EventMiddleware>::Ptr>()),
        0);
}

bool Socket::wants_raw(std::string_view event) const {
    auto const& table = nsp_->handlers();
    if (!table.any.empty() || !table.event_middlewares.empty() ||
        (listeners_ && (!listeners_->any.empty() || !listeners_->middlewares.empty()))) {
        return false;
    }
    bool heard = false;
    if (auto const shared = table.events.find(event); shared != table.events.end()) {
        heard = true;
        for (auto const& handler : shared->second) {
            if (!handler.takes_raw()) {
                return false;
            }
        }
    }
    if (!listeners_) {
        return heard;
    }
    if (auto const own = listeners_->events.find(event); own != listeners_->events.end()) {
        heard = true;
        for (auto const& entry : own->second.snapshot()) {
            if (!entry->call.takes_raw()) {
                return false;
            }
        }
    }
    return heard;
}

void Socket::run_any(Packet& packet) {
    auto const& shared = nsp_->handlers().any;
    bool const own = listeners_ && !listeners_->any.empty();
    if (shared.empty() && !own) {
        return;
    }
    auto const name = event_name(*packet.data.array_items());
    auto const event = view_of(name, packet);
    auto const of_socket =
        own ? listeners_->any.snapshot() : std::vector<ListenerList<EventListener>::Ptr>();
    for (auto const& listener : shared) {
        guarded(shard_, name, [&] { listener(*this, event); });
    }
    for (auto const& listener : of_socket) {
        guarded(shard_, name, [&] { listener->call(*this, event); });
    }
}

void Socket::run_event_middlewares(std::shared_ptr<EventInHand> held, std::size_t index) {
    auto const& shared = nsp_->handlers().event_middlewares;
    if (index == shared.size() + held->own.size()) {
        return run_handlers(held->packet, held->ack);
    }
    auto const called = std::make_shared<bool>(false);
    // May outlive this frame, be copied, be called twice, or never.
    Next const next = [this, keep = SocketPtr(this), held, index,
                       called](std::optional<ConnectError> error) {
        assert_shard();
        if (std::exchange(*called, true)) {
            return;
        }
        held->waiting.reset();
        if (error) {
            return report_error(*error);
        }
        if (client_) {
            client_->next_event();
        }
        run_event_middlewares(held, index + 1);
    };
    auto const& seen = held->look();
    auto const& middleware =
        index < shared.size() ? shared[index] : held->own[index - shared.size()]->call;
    if (!guarded(shard_, held->name, [&] { middleware(SocketPtr(this), seen, next); })) {
        next(detail::middleware_failure());
    }
    if (!*called) {  // until the decision, or until nobody can take it any more
        held->waiting.emplace(*this, held->packet.data.memory());
    }
}

std::shared_ptr<detail::AckSlot> Socket::ack_slot(Packet const& packet) {
    return packet.id ? std::make_shared<detail::AckSlot>(SocketPtr(this), *packet.id) : nullptr;
}

void Socket::run_handlers(Packet& packet, std::shared_ptr<detail::AckSlot> const& ack) {
    if (!connected_ || leaving_) {
        return;  // left while the event was on its way here
    }
    auto const name = packet.raw ? packet.raw->name : event_name(*packet.data.array_items());
    auto const& events = nsp_->handlers().events;
    auto const found = events.find(name);
    std::vector<SocketListeners::EventList::Ptr> own;
    if (listeners_) {
        if (auto const mine = listeners_->events.find(name); mine != listeners_->events.end()) {
            own = mine->second.snapshot();
        }
    }
    if (found == events.end() && own.empty()) {
        return;
    }
    // The last handler may take the arguments away, unless somebody is to see what did not fit.
    bool const keep_args = !nsp_->handlers().invalid.empty();
    if (found != events.end()) {
        static std::shared_ptr<void const> const lives_with_server;
        for (auto const& handler : found->second) {
            bool const last = own.empty() && &handler == &found->second.back();
            run_handler(handler, packet, name, ack, last && !keep_args, lives_with_server);
        }
    }
    for (auto const& entry : own) {
        if (entry->once && !off(entry->id)) {
            continue;  // used up by an event within this one
        }
        run_handler(entry->call, packet, name, ack, entry == own.back() && !keep_args, entry);
    }
}

void Socket::run_handler(EventHandler const& handler, Packet& packet, std::string_view name,
                         std::shared_ptr<detail::AckSlot> const& ack, bool may_move,
                         std::shared_ptr<void const> const& owner) {
    std::span<Json> args;
    std::span<std::string> raw_args;
    if (packet.raw && !handler.takes_raw()) {
        packet.parse_raw();  // registered by a handler of this very event
    }
    if (packet.raw) {
        raw_args = packet.raw->args;
    } else {
        args = *packet.data.array_items();
        args = args.subspan(args.empty() ? 0 : 1);
    }
    bool fits = true;
    guarded(shard_, name, [&] {
        fits = handler(Invocation{*this, args, ack, may_move, owner, raw_args});
    });
    if (fits) {
        return;
    }
    if (packet.raw) {
        packet.parse_raw();
    }
    ++shard_.metrics().invalid_events;
    engineio::net::log_debug("socketio", "arguments of \"{}\" do not fit its handler", name);
    auto event = view_of(name, packet);
    event.slot = ack.get();
    for (auto const& listener : nsp_->handlers().invalid) {
        guarded(shard_, name, [&] { listener(*this, event); });
    }
}

void Socket::report_error(EventError const& error) {
    SocketPtr const keep(this);
    auto const own =
        listeners_ ? listeners_->error.snapshot() : std::vector<ListenerList<ErrorHandler>::Ptr>();
    for (auto const& handler : nsp_->handlers().error) {
        guarded(shard_, "error", [&] { handler(*this, error); });
    }
    for (auto const& handler : own) {
        guarded(shard_, "error", [&] { handler->call(*this, error); });
    }
}

void Socket::run_disconnect(bool before, DisconnectReason reason, std::string_view description) {
    auto const& table = nsp_->handlers();
    std::vector<ListenerList<DisconnectHandler>::Ptr> own;
    if (listeners_) {
        own = (before ? listeners_->disconnecting : listeners_->disconnect).snapshot();
    }
    if (announced_) {  // who has not heard of it need not hear that it is gone
        for (auto const& handler : before ? table.disconnecting : table.disconnect) {
            guarded(shard_, "disconnect", [&] { handler(*this, reason, description); });
        }
    }
    for (auto const& handler : own) {
        guarded(shard_, "disconnect", [&] { handler->call(*this, reason, description); });
    }
}

}  // namespace socketio
