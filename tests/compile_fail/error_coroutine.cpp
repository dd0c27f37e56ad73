// expect: this function can't be a coroutine, what it is given dies with the call
#include "socketio/handler_table.hpp"

using namespace socketio;

void listens(HandlerRegistry& registry) {
    registry.on_error([](Socket&, EventError const&) -> Task<> { co_return; });
}
