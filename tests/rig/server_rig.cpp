#include "tests/rig/server_rig.hpp"

#include "engineio/packet.hpp"
#include "socketio/client.hpp"
#include "socketio/json.hpp"
#include "socketio/task.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace rig {

using engineio::Session;
using engineio::TransportName;
using engineio::net::Shard;
using socketio::Socket;
using namespace std::chrono_literals;

namespace {

// A gather goes there and back; each hop may have to wait for the next round.
constexpr int quiet_rounds = 6;

std::vector<unsigned> shuffled(unsigned count, std::mt19937& random) {
    std::vector<unsigned> order(count);
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin(), order.end(), random);
    return order;
}

}  // namespace

// --- World ------------------------------------------------------------------------------------

World::World(socketio::ServerOptions options, unsigned shards, unsigned seed)
    : runtime_(shards), engine_options_(socketio::engine_options(options)),
      core_(std::make_unique<socketio::Core>(runtime_, std::move(options))),
      time_(Shard::Clock::now()), random_(seed) {
    watch(io());
}

World::~World() {
    for (auto& [name, peer] : peers_) {
        turn(peer->shard, [&peer = *peer] { peer.session.reset(); });
    }
    settle();
    for (unsigned i = 0; i < core_->shard_count(); ++i) {
        turn(i, [] { socketio::destroy_spawned(); });
    }
}

engineio::net::Metrics World::metrics() {
    engineio::net::Metrics sum;
    for (unsigned i = 0; i < core_->shard_count(); ++i) {
        sum += shard(i).metrics();
    }
    return sum;
}

void World::watch(socketio::HandlerRegistry& registry) {
    registry.on_connection([this](Socket& socket) {
        ++connects;
        CHECK(socket.connected());
        CHECK(connected.insert(&socket).second);
    });
    registry.on_disconnect([this](Socket& socket) {
        ++disconnects;
        CHECK_FALSE(socket.connected());
        CHECK(socket.rooms().empty());
        CHECK(connected.erase(&socket) == 1);
    });
}

void World::turn(unsigned index, std::function<void()> const& action) {
    Shard::Turn const turn(shard(index), time_);
    action();
}

void World::step(unsigned index) {
    turn(index, [&] { shard(index).run_posted(); });
}

void World::settle() {
    for (int round = 0; round < quiet_rounds; ++round) {
        for (unsigned const index : shuffled(core_->shard_count(), random_)) {
            step(index);
        }
    }
}

void World::advance(std::chrono::milliseconds time) {
    auto const end = time_ + time + engineio::limits::timer_tick;
    while (time_ < end) {
        // From deadline to deadline, so that a minute is as short as a second.
        auto next = end;
        for (unsigned i = 0; i < core_->shard_count(); ++i) {
            next = std::min(next, shard(i).timers().next_due().value_or(end));
        }
        time_ = std::min<Shard::TimePoint>(std::max(next, time_ + 1ms), end);
        for (unsigned const index : shuffled(core_->shard_count(), random_)) {
            turn(index, [&] { shard(index).run_timers(); });
        }
        settle();
    }
}

void World::open(std::string const& name, unsigned index, TransportName transport) {
    auto& peer = *(peers_[name] = std::make_unique<Peer>());
    peer.shard = index;
    Session::Opening opening;
    opening.sid = "engine-" + name;
    opening.request.target = "/socket.io/?EIO=4&user=" + name;
    opening.request.remote_address = "127.0.0.1";
    turn(index, [&] {
        peer.session = std::make_unique<Session>(shard(index), engine_options_, std::move(opening));
        peer.transport = std::make_unique<FakeTransport>(transport, *peer.session);
        if (transport == TransportName::polling) {
            peer.transport->poll();
        }
        auto client = std::make_unique<socketio::Client>(*core_, *peer.session);
        client->begin();
        peer.session->open(std::move(client), *peer.transport,
                           [this, &peer](Session&) { end_session(peer); });
    });
    gets(name, "0{*");
}

// The owner may destroy a session in a deferred task only.
void World::end_session(Peer& peer) {
    REQUIRE(peer.session != nullptr);
    shard(peer.shard).defer([&peer] { peer.session.reset(); });
}

void World::say(std::string const& name, std::vector<std::string> const& packets) {
    auto& from = peer(name);
    turn(from.shard, [&] {
        for (auto const& packet : packets) {
            if (!from.session || from.transport->ended()) {
                return;
            }
            auto const text = filled(packet);
            if (text.starts_with("b:")) {
                from.session->on_packet(*from.transport, {engineio::PacketType::message, true,
                                                          std::string_view(text).substr(2)});
                continue;
            }
            std::string scratch;
            if (auto const decoded = engineio::decode_text(text, 4, scratch)) {
                from.session->on_packet(*from.transport, *decoded);
            }
        }
    });
}

void World::poll(std::string const& name) {
    auto& from = peer(name);
    turn(from.shard, [&] {
        if (from.session) {
            from.transport->poll();
        }
    });
}

void World::cut(std::string const& name) {
    auto& from = peer(name);
    turn(from.shard, [&] {
        if (from.session && !from.transport->ended()) {
            from.session->on_transport_closed(*from.transport);
        }
    });
}

void World::cut_all() {
    for (auto const& [name, peer] : peers_) {
        cut(name);
    }
}

std::optional<std::string> World::take(std::string const& name) {
    return peer(name).transport->take();
}

void World::gets(std::string const& name, std::string const& expected) {
    auto const got = take(name);
    auto const wanted = filled(expected);
    REQUIRE_MESSAGE(got.has_value(), name << " was sent nothing instead of " << wanted);
    if (wanted.ends_with('*')) {
        CHECK(got->substr(0, wanted.size() - 1) == wanted.substr(0, wanted.size() - 1));
    } else {
        CHECK(*got == wanted);
    }
    auto const brace = got->find_first_of("{[");
    if (!got->starts_with('4') || brace == std::string::npos) {
        return;
    }
    auto const data = socketio::Json::parse(std::string_view(*got).substr(brace));
    if (!data) {
        return;
    }
    if (got->starts_with("40")) {
        auto const& sid = (*data)["sid"];
        auto const& pid = (*data)["pid"];
        peer(name).sid = sid.string() ? *sid.string() : "";
        peer(name).pid = pid.string() ? *pid.string() : "";
    } else if (data->size() > 1 && (*data)[data->size() - 1].is_string()) {
        peer(name).offset = *(*data)[data->size() - 1].string();
    }
}

std::string World::filled(std::string text) {
    for (auto const& [name, peer] : peers_) {
        for (auto const& [mark, value] : {std::pair("{sid:" + name + "}", peer->sid),
                                          std::pair("{pid:" + name + "}", peer->pid),
                                          std::pair("{offset:" + name + "}", peer->offset)}) {
            for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark)) {
                text.replace(at, mark.size(), value);
            }
        }
    }
    return text;
}

void World::check_clean() {
    CHECK(connected.empty());
    CHECK(connects == disconnects);
    CHECK(core_->clients_count() == 0);
    CHECK(metrics().sessions == 0);
    CHECK(metrics().sockets == 0);
    CHECK(socketio::spawned_count() == 0);
    for (unsigned i = 0; i < core_->shard_count(); ++i) {
        CHECK(shard(i).timers().armed_count() == 0);
        turn(i, [&] { CHECK(io().room_count() == 0); });
    }
}

// --- ServerRig --------------------------------------------------------------------------------

ServerRig::ServerRig(socketio::ServerOptions options, unsigned shards)
    : options_(std::move(options)), shards_(shards) {}

ServerRig& ServerRig::serves(std::function<void(World&)> set_up) {
    set_up_ = std::move(set_up);
    return *this;
}

ServerRig& ServerRig::step(Step step) {
    steps_.push_back(std::move(step));
    return *this;
}

ServerRig& ServerRig::opens(std::string name, unsigned shard) {
    return step([name, shard](World& world) { world.open(name, shard); });
}

ServerRig& ServerRig::opens_polling(std::string name, unsigned shard) {
    return step([name, shard](World& world) { world.open(name, shard, TransportName::polling); });
}

ServerRig& ServerRig::connects(std::string name, unsigned shard) {
    opens(name, shard);
    says(name, {"40"});
    return gets(name, "40{\"sid\":*");
}

ServerRig& ServerRig::says(std::string name, std::vector<std::string> packets) {
    return step([name, packets](World& world) { world.say(name, packets); });
}

ServerRig& ServerRig::polls(std::string name) {
    return step([name](World& world) { world.poll(name); });
}

ServerRig& ServerRig::cuts(std::string name) {
    return step([name](World& world) { world.cut(name); });
}

ServerRig& ServerRig::gets(std::string name, std::string expected) {
    return step([name, expected](World& world) { world.gets(name, expected); });
}

ServerRig& ServerRig::gets_nothing(std::string name) {
    return step([name](World& world) { CHECK(world.take(name).value_or("nothing") == "nothing"); });
}

ServerRig& ServerRig::ended(std::string name) {
    return step([name](World& world) { CHECK(world.peer(name).session == nullptr); });
}

ServerRig& ServerRig::stays_open(std::string name) {
    return step([name](World& world) {
        REQUIRE(world.peer(name).session != nullptr);
        CHECK(world.peer(name).session->is_open());
    });
}

ServerRig& ServerRig::notes(std::string line) {
    return step([line](World& world) {
        REQUIRE_MESSAGE(!world.notes.empty(), "nothing was noted instead of " << line);
        CHECK(world.notes.front() == world.filled(line));
        world.notes.erase(world.notes.begin());
    });
}

ServerRig& ServerRig::notes_nothing() {
    return step([](World& world) {
        CHECK_MESSAGE(world.notes.empty(), world.notes.front() << " was noted");
    });
}

ServerRig& ServerRig::advance(std::chrono::milliseconds time) {
    return step([time](World& world) { world.advance(time); });
}

ServerRig& ServerRig::does(std::function<void(World&)> action, unsigned shard) {
    return step([action, shard](World& world) { world.turn(shard, [&] { action(world); }); });
}

ServerRig& ServerRig::checks(std::function<void(World&)> look) {
    return step(std::move(look));
}

std::unique_ptr<World> ServerRig::make_world() const {
    auto world = std::make_unique<World>(options_, shards_);
    if (set_up_) {
        set_up_(*world);
    }
    world->core().open();
    return world;
}

void ServerRig::run() {
    auto const world = make_world();
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        CAPTURE(i);
        steps_[i](*world);
        world->settle();
    }
    break_everywhere();
}

void ServerRig::break_everywhere() {
    for (std::size_t cut = 0; cut <= steps_.size(); ++cut) {
        CAPTURE(cut);
        auto const world = make_world();
        for (std::size_t i = 0; i < cut; ++i) {
            steps_[i](*world);
            // Left out before the cut, so that posted tasks find their sockets gone.
            if (i + 1 < cut) {
                world->settle();
            }
        }
        world->cut_all();
        world->advance(120s);
        world->check_clean();
    }
}

}  // namespace rig
