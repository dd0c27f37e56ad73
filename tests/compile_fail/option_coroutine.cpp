// expect: this function can't be a coroutine, what it is given dies with the call
#include "socketio/server.hpp"

using namespace socketio;

ServerOptions const options{
    .connection_error = [](Request const&, engineio::ConnectionError const&) -> Task<> {
        co_return;
    }};
