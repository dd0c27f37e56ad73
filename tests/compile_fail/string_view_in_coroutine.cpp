// expect: a coroutine handler can't take std::string_view: use std::string
#include "socketio/handler.hpp"

auto const handler =
    socketio::make_handler([](std::string_view) -> socketio::Task<void> { co_return; });
