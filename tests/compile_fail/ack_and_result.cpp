// expect: a handler acknowledges by its return value or by an Ack parameter, not both
#include "socketio/handler.hpp"

auto const handler = socketio::make_handler([](int n, socketio::Ack<int>) { return n; });
