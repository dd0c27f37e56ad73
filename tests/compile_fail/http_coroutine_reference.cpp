// expect: an HTTP handler that is a coroutine takes its arguments by value
#include "socketio/server.hpp"

using namespace socketio;

void listens(Server& io) {
    io.on_http([](Request const&, Responder) -> Task<> { co_return; });
}
