// The chat of Socket.IO's get-started tutorial. Usage: example-chat [port] [folder with index.html]
#include "apps/common/static_site.hpp"
#include "socketio/socketio.hpp"

#include <cstdlib>
#include <iostream>

int main(int argc, char** argv) {
    auto const port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 3000);
    std::string const folder = argc > 2 ? argv[2] : ".";
    apps::common::StaticSite const site(folder);
    // The page loads /socket.io/socket.io.js; npm's socket.io-client puts it in its dist folder.
    char const* client = std::getenv("SOCKET_IO_CLIENT_DIR");

    socketio::Server io{{.port = port, .client_dir = client == nullptr ? folder : client}};
    io.on("chat message", [&](socketio::Json message) { io.emit("chat message", message); });
    io.on_http([&](socketio::Request request, socketio::Responder responder) {
        responder.respond(site.answer(request));
    });
    std::cout << "READY " << io.listen() << std::endl;
    io.close_on_signals();
    io.run();
}
