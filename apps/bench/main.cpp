// hubbub-bench: the server that tests/bench measures, on the public API only and with the default
// options. Its events are those of the Node peer beside the load generator:
//   echo (anything)        → ack with the same, or the event "echo" with the same
//   join (room)            → joins it; ack
//   broadcast (room, what) → the event "broadcast" with `what` to everybody in the room
#include "socketio/socketio.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <string>

using namespace socketio;

namespace {

void add_events(Server& io) {
    io.on("echo", [](Socket& socket, Args args, Ack<Args> ack) {
        if (ack) {
            ack(args);
        } else {
            socket.emit("echo", args);
        }
    });
    io.on("join", [](Socket& socket, std::string room, Ack<> ack) {
        socket.join(room);
        ack();
    });
    io.on("broadcast", [&io](std::string room, Json what) { io.to(room).emit("broadcast", what); });
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Hubbub's server for benchmarks: events echo, join and broadcast."};
    ServerOptions options;
    options.host = "127.0.0.1";
    app.add_option("--port", options.port, "0 takes a free one")->capture_default_str();
    app.add_option("--threads", options.threads, "shards; 0: one per core")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        Server io(options);
        add_events(io);
        std::printf("READY %u\n", static_cast<unsigned>(io.listen()));
        std::fflush(stdout);
        io.close_on_signals();
        io.run();
    } catch (std::exception const& error) {
        std::fprintf(stderr, "hubbub-bench: %s\n", error.what());
        return 1;
    }
    return 0;
}
