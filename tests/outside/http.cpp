// A program without Socket.IO, of engineio alone: it answers /hello and ends at /stop.

#include <engineio/net/http_server.hpp>
#include <engineio/net/router.hpp>

#include <iostream>

using namespace engineio::net;

int main() {
    HttpServer server(1);
    Router router;
    router.add_path("/hello", [](Request const&, Responder responder) {
        responder.respond({.body = "hello"});
    });
    router.add_path("/stop", [&server](Request const&, Responder responder) {
        responder.respond({.body = "stopping"});
        server.stop();
    });
    std::cout << "port "
              << server.listen(
                     {.host = "127.0.0.1"}, {}, [&](unsigned) -> auto& { return router; })
              << std::endl;
    server.run();
    std::cout << "stopped" << std::endl;
}
