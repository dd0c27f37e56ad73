// expect: a middleware takes (Socket&), for events (Socket&, Event const&), and optionally Next
#include "socketio/handler_table.hpp"

auto const middleware = socketio::make_middleware([](int) {});
