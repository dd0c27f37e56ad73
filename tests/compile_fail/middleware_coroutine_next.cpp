// expect: a middleware that is a coroutine returns Task<Admission> instead of taking Next
#include "socketio/middleware.hpp"

using namespace socketio;

auto const middleware = make_middleware([](Socket&, Next) -> Task<> { co_return; });
