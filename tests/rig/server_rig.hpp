#pragma once

#include "engineio/net/http_server.hpp"
#include "engineio/session.hpp"
#include "socketio/core.hpp"
#include "socketio/namespace.hpp"
#include "tests/rig/session_rig.hpp"

#include <chrono>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rig {

// One connection to the server of a World: a real engine session and socketio::Client over a
// transport that shows what it was given.
struct Peer {
    unsigned shard = 0;
    std::unique_ptr<engineio::Session> session;  // null once it has ended
    std::unique_ptr<FakeTransport> transport;
    std::string sid;     // of the latest CONNECT answer, set by World::gets
    std::string pid;     // likewise, with recovery
    std::string offset;  // last argument of the latest event, likewise
};

// A whole server in memory. Its shards belong to a Runtime that never runs; this thread takes
// their turns instead, in an order that depends on `seed` only, with time moved by hand.
class World {
public:
    explicit World(socketio::ServerOptions options = {}, unsigned shards = 1, unsigned seed = 1);
    ~World();
    World(World const&) = delete;
    World& operator=(World const&) = delete;

    socketio::Core& core() { return *core_; }
    socketio::Namespace& io() { return of("/"); }
    socketio::Namespace& of(std::string const& name) { return core_->of(name, {}); }
    engineio::net::Shard& shard(unsigned index) { return runtime_.shard(index); }
    engineio::net::Metrics metrics();  // of all shards

    // What handlers want the test to see.
    void note(std::string line) { notes.push_back(std::move(line)); }
    // Counts connects and disconnects of these sockets; "/" is watched from the beginning.
    void watch(socketio::HandlerRegistry& registry);

    // Runs `action` in a turn of its own.
    void turn(unsigned shard, std::function<void()> const& action);
    // Lets the shards run what others posted, until all have been quiet for some rounds.
    void settle();
    void step(unsigned shard);  // one turn for what was posted
    void advance(std::chrono::milliseconds time);

    void open(std::string const& name, unsigned shard = 0,
              engineio::TransportName transport = engineio::TransportName::websocket);
    Peer& peer(std::string const& name) { return *peers_.at(name); }
    // Engine packets that arrive together: all are decoded before any handler runs.
    void say(std::string const& name, std::vector<std::string> const& packets);
    void poll(std::string const& name);
    void cut(std::string const& name);
    void cut_all();
    std::optional<std::string> take(std::string const& name);
    // The next thing sent; `expected` may end in '*' for "anything". Keeps sid, pid and offset.
    void gets(std::string const& name, std::string const& expected);
    // "{sid:NAME}", "{pid:NAME}" and "{offset:NAME}" in `text` replaced by that peer's.
    std::string filled(std::string text);

    // Everything must be over: one disconnect per connect, nothing armed, waiting or kept.
    void check_clean();

    std::vector<std::string> notes;
    std::set<socketio::Socket const*> connected;
    int connects = 0;
    int disconnects = 0;

private:
    void end_session(Peer& peer);

    engineio::net::HttpServer runtime_;
    engineio::Options engine_options_;
    std::unique_ptr<socketio::Core> core_;
    engineio::net::Shard::TimePoint time_;
    std::mt19937 random_;
    std::map<std::string, std::unique_ptr<Peer>> peers_;
};

// A dialogue with a server, as SessionRig tells one with a session:
//
//     ServerRig()
//         .serves([](World& w) { w.io().on("hi", [] { return "ho"; }); })
//         .connects("a").says("a", {R"(420["hi"])"}).gets("a", R"(430["ho"])").run();
//
// run() plays it, then again once per step with every connection cut there.
class ServerRig {
public:
    explicit ServerRig(socketio::ServerOptions options = {}, unsigned shards = 1);

    ServerRig& serves(std::function<void(World&)> set_up);
    ServerRig& opens(std::string name, unsigned shard = 0);
    ServerRig& opens_polling(std::string name, unsigned shard = 0);
    ServerRig& connects(std::string name, unsigned shard = 0);  // opens, and enters "/"
    ServerRig& says(std::string name, std::vector<std::string> packets);
    ServerRig& polls(std::string name);
    ServerRig& cuts(std::string name);
    ServerRig& gets(std::string name, std::string expected);
    ServerRig& gets_nothing(std::string name);
    ServerRig& ended(std::string name);  // the engine session is over
    ServerRig& stays_open(std::string name);
    ServerRig& notes(std::string line);  // the next one, exactly
    ServerRig& notes_nothing();
    ServerRig& advance(std::chrono::milliseconds time);
    ServerRig& does(std::function<void(World&)> action, unsigned shard = 0);
    ServerRig& checks(std::function<void(World&)> look);  // outside of any turn

    void run();
    void break_everywhere();

private:
    using Step = std::function<void(World&)>;
    ServerRig& step(Step step);
    std::unique_ptr<World> make_world() const;

    socketio::ServerOptions options_;
    unsigned shards_;
    std::function<void(World&)> set_up_;
    std::vector<Step> steps_;
};

}  // namespace rig
