// Threads of one's own beside the server: a game loop that broadcasts twenty times a second, and a
// "database" that answers when it is ready. Usage: example-game-loop [port]
//   steer (dx, dy)   changes the direction of the player's ship
//   score (name)     → event "score" (name, points), from the database's thread
//   ← "state" {tick, ships: {id: {x, y}}}   from the loop's thread, dropped for slow clients
//
// Handlers run on the threads of the server (`threads`), so what they share with each other and
// with the loop is in a Synchronized. Broadcasts may come from any thread; a Socket may not be
// touched from here: its id is a room, and that may be addressed from everywhere.
#include "socketio/socketio.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <queue>
#include <string>
#include <thread>

using namespace socketio;
using namespace std::chrono_literals;

namespace {

struct Ship {
    double x = 0, y = 0;
    SIO_JSON(Ship, x, y)
};
struct State {
    std::uint32_t tick = 0;
    std::map<std::string, Ship> ships;
    SIO_JSON(State, tick, ships)
};

struct Game {
    struct Flight {
        Ship ship;
        double dx = 0, dy = 0;
    };
    std::uint32_t tick = 0;
    std::map<std::string, Flight> flights;

    State step() {
        State state{++tick, {}};
        for (auto& [id, flight] : flights) {
            flight.ship.x += flight.dx;
            flight.ship.y += flight.dy;
            state.ships[id] = flight.ship;
        }
        return state;
    }
};

// One thread that works off jobs, as a database client does.
class Database {
public:
    void run(std::function<void()> job) {
        std::lock_guard const lock(mutex_);
        jobs_.push(std::move(job));
        wake_.notify_one();
    }

private:
    void work(std::stop_token const& stop) {
        std::unique_lock lock(mutex_);
        while (wake_.wait(lock, stop, [this] { return !jobs_.empty(); })) {
            auto const job = std::move(jobs_.front());
            jobs_.pop();
            lock.unlock();
            job();
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::queue<std::function<void()>> jobs_;
    std::jthread thread_{[this](std::stop_token const& stop) { work(stop); }};
};

}  // namespace

int main(int argc, char** argv) {
    auto const port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 3000);
    Server io{{.port = port, .threads = 2}};
    Synchronized<Game> game;
    Database database;

    io.on_connection(
        [&](Socket& socket) { game.with([&](Game& g) { g.flights[socket.id()] = {}; }); });
    io.on_disconnect(
        [&](Socket& socket) { game.with([&](Game& g) { g.flights.erase(socket.id()); }); });
    io.on("steer", [&](Socket& socket, double dx, double dy) {
        game.with([&](Game& g) {
            g.flights[socket.id()].dx = dx;
            g.flights[socket.id()].dy = dy;
        });
    });
    io.on("score", [&](Socket& socket, std::string name) {
        database.run([&io, id = socket.id(), name] {
            io.to(id).emit("score", name, name.size() * 100);  // whoever it is, wherever it is
        });
    });

    std::cout << "READY " << io.listen() << std::endl;
    std::jthread const loop([&](std::stop_token const& stop) {
        for (auto next = std::chrono::steady_clock::now(); !stop.stop_requested(); next += 50ms) {
            io.volatile_().emit("state", game.with([](Game& g) { return g.step(); }));
            std::this_thread::sleep_until(next + 50ms);
        }
    });
    io.close_on_signals();
    io.run();
}
