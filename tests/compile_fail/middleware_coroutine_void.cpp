// expect: a middleware that is a coroutine returns Task<Admission>
#include "socketio/middleware.hpp"

using namespace socketio;

auto const middleware = make_middleware([](Socket&) -> Task<> { co_return; });
