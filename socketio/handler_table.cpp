#include "socketio/handler_table.hpp"

#include "socketio/emit.hpp"
#include "socketio/packet.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace socketio {

void check_event_name(std::string_view name) {
    if (is_reserved_event(name)) {
        throw std::invalid_argument(fmt::format("\"{}\" is a reserved event name", name));
    }
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

}  // namespace socketio
