// expect: this function can't be a coroutine, what it is given dies with the call
#include "socketio/handler_table.hpp"

void listens(socketio::HandlerRegistry& registry) {
    registry.on_join_room(
        [](std::string_view, std::string_view) -> socketio::Task<> { co_return; });
}
