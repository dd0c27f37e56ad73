// The program of the outside projects: a client can talk to it and end it.

#include <socketio/socketio.hpp>

#include <iostream>
#include <string>

int main() {
    socketio::Server io{{.port = 0, .host = "127.0.0.1"}};
    io.on("echo", [](std::string text) { return text; });
    io.on("stop", [&io] { io.close(); });
    std::cout << "port " << io.listen() << std::endl;
    io.run();
    std::cout << "stopped" << std::endl;
}
