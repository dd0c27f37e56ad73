// What one socket listens to by itself: the side table behind Socket::on and its kin.

#include "engineio/net/shard.hpp"
#include "socketio/client.hpp"
#include "socketio/guard.hpp"
#include "socketio/listeners.hpp"
#include "socketio/namespace.hpp"
#include "socketio/socket.hpp"

#include <algorithm>
#include <utility>

namespace socketio {

namespace {

// What registration returns on a socket that has left: the name of nothing.
constexpr ListenerId no_listener{0};

template <class F>
ListenerId add_to(ListenerList<F>& list, SocketListeners& table, F call, bool first = false,
                  bool once = false) {
    ListenerId const id{++table.last_id};
    typename ListenerList<F>::Entry entry{id, std::move(call), once};
    first ? list.prepend(std::move(entry)) : list.append(std::move(entry));
    return id;
}

}  // namespace

SocketListeners* Socket::own() {
    assert_shard();
    if (ended_) {
        return nullptr;  // a captured SocketPtr would keep itself alive for ever
    }
    if (!listeners_) {
        listeners_ = std::make_unique<SocketListeners>();
    }
    return listeners_.get();
}

ListenerId Socket::add_listener(std::string_view event, EventHandler handler, bool once) {
    check_event_name(event);
    auto* const table = own();
    if (!table) {
        return no_listener;
    }
    if (client_ && handler.takes_raw()) {
        client_->leave_events_raw();
    }
    auto const found = table->events.try_emplace(std::string(event)).first;
    return add_to(found->second, *table, std::move(handler), false, once);
}

ListenerId Socket::add_any(EventListener listener, bool first) {
    auto* const table = own();
    return table ? add_to(table->any, *table, std::move(listener), first) : no_listener;
}

ListenerId Socket::add_any_outgoing(EventListener listener, bool first) {
    auto* const table = own();
    if (!table) {
        return no_listener;
    }
    if (table->any_outgoing.empty()) {
        nsp_->outgoing_listening_.fetch_add(1, std::memory_order_relaxed);
    }
    return add_to(table->any_outgoing, *table, std::move(listener), first);
}

ListenerId Socket::add_middleware(EventMiddleware middleware) {
    auto* const table = own();
    return table ? add_to(table->middlewares, *table, std::move(middleware)) : no_listener;
}

ListenerId Socket::add_disconnect(DisconnectHandler handler, bool before) {
    auto* const table = own();
    if (!table) {
        return no_listener;
    }
    return add_to(before ? table->disconnecting : table->disconnect, *table, std::move(handler));
}

ListenerId Socket::on_error(ErrorHandler handler) {
    auto* const table = own();
    return table ? add_to(table->error, *table, std::move(handler)) : no_listener;
}

// What a listener has captured may call anything when it goes: disconnect this socket, which drops
// the table, or register again, which moves it. So what is taken off is taken out first, and goes
// as the very last thing.

bool Socket::off(ListenerId listener) {
    assert_shard();
    auto const removed = take_off(listener);
    return removed != nullptr;
}

std::shared_ptr<void const> Socket::take_off(ListenerId listener) {
    if (!listeners_) {
        return nullptr;
    }
    auto& table = *listeners_;
    for (auto at = table.events.begin(); at != table.events.end(); ++at) {
        if (auto removed = at->second.remove(listener)) {
            if (at->second.empty()) {
                table.events.erase(at);
            }
            return removed;
        }
    }
    if (auto removed = table.any_outgoing.remove(listener)) {
        if (table.any_outgoing.empty()) {
            nsp_->outgoing_listening_.fetch_sub(1, std::memory_order_relaxed);
        }
        return removed;
    }
    std::shared_ptr<void const> removed;
    auto const look_in = [&](auto& list) { return (removed = list.remove(listener)) != nullptr; };
    look_in(table.any) || look_in(table.middlewares) || look_in(table.disconnecting) ||
        look_in(table.disconnect) || look_in(table.error);
    return removed;
}

void Socket::off(std::string_view event) {
    assert_shard();
    if (!listeners_) {
        return;
    }
    if (auto const found = listeners_->events.find(event); found != listeners_->events.end()) {
        auto const removed = listeners_->events.extract(found);
    }
}

void Socket::off() {
    assert_shard();
    if (!listeners_) {
        return;
    }
    auto fresh = std::make_unique<SocketListeners>();
    fresh->last_id = listeners_->last_id;
    fresh->fired = std::move(listeners_->fired);
    if (!listeners_->any_outgoing.empty()) {
        nsp_->outgoing_listening_.fetch_sub(1, std::memory_order_relaxed);
    }
    auto const removed = std::exchange(listeners_, std::move(fresh));
}

void Socket::off_any() {
    assert_shard();
    if (listeners_) {
        auto const removed = listeners_->any.remove_all();
    }
}

void Socket::off_any_outgoing() {
    assert_shard();
    if (listeners_ && !listeners_->any_outgoing.empty()) {
        nsp_->outgoing_listening_.fetch_sub(1, std::memory_order_relaxed);
        auto const removed = listeners_->any_outgoing.remove_all();
    }
}

std::vector<ListenerId> Socket::listeners(std::string_view event) const {
    assert_shard();
    if (!listeners_) {
        return {};
    }
    auto const found = listeners_->events.find(event);
    return found == listeners_->events.end() ? std::vector<ListenerId>() : found->second.ids();
}

std::vector<std::string> Socket::event_names() const {
    assert_shard();
    std::vector<std::string> names;
    if (listeners_) {
        for (auto const& [name, list] : listeners_->events) {
            names.push_back(name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<ListenerId> Socket::listeners_any() const {
    assert_shard();
    return listeners_ ? listeners_->any.ids() : std::vector<ListenerId>();
}

std::vector<ListenerId> Socket::listeners_any_outgoing() const {
    assert_shard();
    return listeners_ ? listeners_->any_outgoing.ids() : std::vector<ListenerId>();
}

// The last act of a socket; also of one that never connected. Whoever is on the stack below us
// holds its own entry.
void Socket::drop_listeners() {
    if (auto const gone = std::move(listeners_); gone && !gone->any_outgoing.empty()) {
        nsp_->outgoing_listening_.fetch_sub(1, std::memory_order_relaxed);
    }
}

bool Socket::first_time(void const* handler) {
    if (!listeners_) {
        listeners_ = std::make_unique<SocketListeners>();
    }
    auto& fired = listeners_->fired;
    if (std::find(fired.begin(), fired.end(), handler) != fired.end()) {
        return false;
    }
    fired.push_back(handler);
    return true;
}

bool detail::is_first_time(Socket& socket, void const* handler) {
    return socket.first_time(handler);
}

bool Socket::hears_outgoing() const {
    return !nsp_->handlers().any_outgoing.empty() ||
           (listeners_ && !listeners_->any_outgoing.empty());
}

void Socket::tell_outgoing(Event const& event) {
    SocketPtr const keep(this);
    auto const own = listeners_ ? listeners_->any_outgoing.snapshot()
                                : std::vector<ListenerList<EventListener>::Ptr>();
    for (auto const& listener : nsp_->handlers().any_outgoing) {
        guarded(shard_, event.name, [&] { listener(*this, event); });
    }
    for (auto const& listener : own) {
        guarded(shard_, event.name, [&] { listener->call(*this, event); });
    }
}

}  // namespace socketio
