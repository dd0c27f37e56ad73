// Acknowledgements in both directions. Usage: example-acks [port]
//   add (a, b)     → ack a + b                 the handler's return value
//   divide (a, b)  → ack (quotient, remainder) an Ack, for several values; none if b is 0
//   greet (name)   → ack "<their answer>, <name>"  asks the client "which greeting?" first
#include "socketio/socketio.hpp"

#include <cstdlib>
#include <iostream>
#include <string>

using namespace socketio;
using namespace std::chrono_literals;

namespace {

Task<std::string> greet(Socket& socket, std::string name) {
    auto const greeting = co_await socket.timeout(5s).emit_with_ack<std::string>("which greeting?");
    if (!greeting) {
        co_return std::string(to_string(greeting.error()));  // timeout or gone: no exception
    }
    co_return *greeting + ", " + name;
}

}  // namespace

int main(int argc, char** argv) {
    auto const port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 3000);
    Server io{{.port = port}};
    io.on("add", [](double a, double b) { return a + b; });
    io.on("divide", [](std::int32_t a, std::int32_t b, Ack<std::int64_t, std::int64_t> ack) {
        if (b != 0) {
            ack(std::int64_t{a} / b, std::int64_t{a} % b);
        }
    });
    io.on("greet", &greet);
    std::cout << "READY " << io.listen() << std::endl;
    io.close_on_signals();
    io.run();
}
