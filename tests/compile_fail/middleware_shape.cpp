// expect: for events (Socket&, Event const&) or (Socket&, Json::Array& packet), and optionally Next
#include "socketio/handler_table.hpp"

auto const middleware = socketio::make_middleware([](int) {});
