// expect: this function can't be a coroutine, what it is given dies with the call
#include "socketio/handler_table.hpp"

auto const listener =
    socketio::make_listener([](socketio::Event const&) -> socketio::Task<> { co_return; });
