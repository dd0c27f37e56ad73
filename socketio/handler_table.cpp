#include "socketio/handler_table.hpp"

#include "socketio/emit.hpp"
#include "socketio/packet.hpp"
#include "socketio/writer.hpp"

#include <fmt/format.h>

#include <iterator>
#include <memory>
#include <stdexcept>
#include <utility>

namespace socketio {

void check_event_name(std::string_view name) {
    if (is_reserved_event(name)) {
        throw std::invalid_argument(fmt::format("\"{}\" is a reserved event name", name));
    }
}

Args to_args(EventRef const& event) {
    TreeWriter tree;
    tree.begin_array(event.count);
    event.args(tree);
    tree.end_array();
    Json list = tree.take();
    auto& items = *list.array_items();
    Args args;
    args.assign(std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
    return args;
}

HandlerTable& HandlerRegistry::open() {
    if (table_->frozen) {
        throw std::logic_error("handlers must be registered before the server listens");
    }
    return *table_;
}

void HandlerRegistry::add(std::string_view event, EventHandler handler) {
    check_event_name(event);
    open().events[std::string(event)].push_back(std::move(handler));
}

void HandlerRegistry::add_server_side(std::string_view event, HandlerTable::ServerHandler handler) {
    check_server_event_name(event);
    open().server_side[std::string(event)].push_back(std::move(handler));
}

EventHandler HandlerRegistry::once_per_socket(EventHandler handler) {
    auto const key = std::make_shared<char>();  // an address that is nobody else's
    bool const takes_raw = handler.takes_raw();
    return EventHandler(
        [handler = std::move(handler), key](Invocation const& call) {
            return !detail::is_first_time(call.socket, key.get()) || handler(call);
        },
        takes_raw);
}

void check_server_event_name(std::string_view name) {
    if (name == "connect" || name == "connection" || name == "new_namespace") {
        throw std::invalid_argument(fmt::format("\"{}\" is a reserved event name", name));
    }
}

}  // namespace socketio
