// expect: take JSON arguments by value or const reference; only Socket& may be first
#include "socketio/handler.hpp"

auto const handler = socketio::make_handler([](std::string&) {});
