// expect: handler parameters must be: optional Socket&, JSON arguments (Args last), then optional
// Ack<...>
#include "socketio/handler.hpp"

auto const handler = socketio::make_handler([](socketio::Ack<int>, int) {});
