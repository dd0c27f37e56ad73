// expect: this function can't be a coroutine, what it is given dies with the call
#include "socketio/handler_table.hpp"

void listens(socketio::HandlerRegistry& registry) {
    registry.on_server_side("event", [](socketio::Args const&) -> socketio::Task<> { co_return; });
}
