// expect: nothing: what the other files do wrong, done right, so that they fail for their reason
#include "socketio/handler_table.hpp"

using namespace socketio;

struct Point {
    int member;
    SIO_JSON(Point, member)
};

auto const coroutine =
    make_handler([](Socket&, std::string, Ack<int>) -> Task<void> { co_return; });
auto const answering = make_handler([](Point value) { return value; });
auto const middleware = make_middleware([](Socket&) {});
