// expect: nothing: what the other files do wrong, done right, so that they fail for their reason
#include "socketio/server.hpp"

#include <string>
#include <unordered_map>
#include <unordered_set>

using namespace socketio;

struct Point {
    int member;
    SIO_JSON(Point, member)
};

auto const coroutine =
    make_handler([](Socket&, std::string, Ack<int>) -> Task<void> { co_return; });
auto const answering = make_handler([](Point value) { return value; });
auto const middleware = make_middleware([](Socket&) {});
auto const waiting = make_middleware([](Socket&) -> Task<Admission> { co_return Admission{}; });
auto const keyed = make_handler([](std::unordered_map<std::string, int, KeyedHash>) {});
auto const keyed_too = make_handler([](std::unordered_set<int, KeyedHash>) {});
auto const sent = to_json(std::unordered_map<std::string, int>{{"a", 1}});

void listens(Server& io) {
    io.on_any([](Event const&) {});
    io.on_disconnect([](Socket&, DisconnectReason) -> Task<> { co_return; });
    io.on_disconnecting([](Socket&) -> Task<> { co_return; });
    io.on_http([](Request, Responder) -> Task<> { co_return; });
    io.sockets().on_join_room([](std::string_view, std::string_view) {});
    io.sockets().on_server_side("event", [](Args const&) {});
}
