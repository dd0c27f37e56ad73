// expect: a coroutine handler must take its arguments by value (except Socket&)
#include "socketio/handler.hpp"

auto const handler = socketio::make_handler(
    [](socketio::Socket&, std::string const&) -> socketio::Task<void> { co_return; });
