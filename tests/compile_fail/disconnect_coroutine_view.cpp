// expect: a disconnect handler that is a coroutine takes (Socket&) or (Socket&, DisconnectReason)
#include "socketio/handler_table.hpp"

using namespace socketio;

void listens(HandlerRegistry& registry) {
    registry.on_disconnect(
        [](Socket&, DisconnectReason, std::string_view) -> Task<> { co_return; });
}
