// What happens to a packet that found its socket: the dispatch phase of a turn.

#include "engineio/net/log.hpp"
#include "engineio/net/shard.hpp"
#include "socketio/client.hpp"
#include "socketio/guard.hpp"
#include "socketio/handler.hpp"
#include "socketio/json_text.hpp"
#include "socketio/namespace.hpp"
#include "socketio/socket.hpp"

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

void Socket::on_packet(Packet packet) {
    switch (packet.type) {
    case PacketType::event:
        return on_event(std::move(packet));
    case PacketType::ack: {
        Args args;
        if (Json::Array* const items = packet.data.array_items()) {
            args.assign(std::make_move_iterator(items->begin()),
                        std::make_move_iterator(items->end()));
        }
        return settle_ack(packet.id.value_or(max_packet_id), std::move(args));
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
struct Socket::HeldEvent {
    explicit HeldEvent(Packet given)
        : packet(std::move(given)), name(event_name(*packet.data.array_items())),
          event(view_of(name, packet)) {}

    Packet packet;
    std::string name;
    Event event;
};

void Socket::on_event(Packet packet) {
    SocketPtr const keep(this);
    auto const& handlers = nsp_.handlers();
    if (!packet.data.is_array()) {
        packet.data = Json::array();
    }
    if (!handlers.any.empty()) {
        auto const name = event_name(*packet.data.array_items());
        auto const event = view_of(name, packet);
        for (auto const& listener : handlers.any) {
            guarded(shard_, name, [&] { listener(*this, event); });
        }
    }
    if (handlers.event_middlewares.empty()) {
        return run_handlers(packet);
    }
    run_event_middlewares(std::make_shared<HeldEvent>(std::move(packet)), 0);
}

void Socket::run_event_middlewares(std::shared_ptr<HeldEvent> held, std::size_t index) {
    auto const& middlewares = nsp_.handlers().event_middlewares;
    if (index == middlewares.size()) {
        return run_handlers(held->packet);
    }
    // May outlive this frame, be copied, be called twice, or never.
    Next const next = [this, keep = SocketPtr(this), held, index,
                       called = std::make_shared<bool>(false)](std::optional<ConnectError> error) {
        if (std::exchange(*called, true)) {
            return;
        }
        if (error) {
            return report_error(*error);
        }
        run_event_middlewares(held, index + 1);
    };
    bool failed = true;
    guarded(shard_, held->name, [&] {
        middlewares[index](SocketPtr(this), held->event, next);
        failed = false;
    });
    if (failed) {
        next(detail::middleware_failure());
    }
}

void Socket::run_handlers(Packet& packet) {
    if (!connected_ || leaving_) {
        return;  // left while the event was on its way here
    }
    auto& data = *packet.data.array_items();
    auto const name = event_name(data);
    auto const& events = nsp_.handlers().events;
    auto const found = events.find(name);
    if (found == events.end()) {
        return;
    }
    std::shared_ptr<detail::AckSlot> ack;
    if (packet.id) {
        ack = std::make_shared<detail::AckSlot>(SocketPtr(this), *packet.id);
    }
    std::span<Json> const args = std::span<Json>(data).subspan(data.empty() ? 0 : 1);
    for (auto const& handler : found->second) {
        bool fits = true;
        bool const last = &handler == &found->second.back();
        bool const keep_args = !nsp_.handlers().invalid.empty();
        guarded(shard_, name, [&] {
            fits = handler(Invocation{*this, args, ack, last && !keep_args});
        });
        if (!fits) {
            ++shard_.metrics().invalid_events;
            engineio::net::log_debug("socketio", "arguments of \"{}\" do not fit its handler",
                                     name);
            for (auto const& listener : nsp_.handlers().invalid) {
                guarded(shard_, name, [&] { listener(*this, view_of(name, packet)); });
            }
        }
    }
}

void Socket::report_error(EventError const& error) {
    for (auto const& handler : nsp_.handlers().error) {
        guarded(shard_, "error", [&] { handler(*this, error); });
    }
}

}  // namespace socketio
