#include "tests/fuzz/machine.hpp"

#include "engineio/limits.hpp"
#include "engineio/net/connection.hpp"
#include "engineio/net/log.hpp"
#include "socketio/namespace.hpp"
#include "socketio/socket.hpp"
#include "socketio/task.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

namespace fuzz {

using engineio::net::IoShard;
using engineio::net::Shard;
using namespace std::chrono_literals;

namespace {

constexpr int cramped_bytes = 4096;  // the kernel makes of it what is the least

void watch(socketio::Namespace& nsp, std::set<socketio::Socket*>& connected) {
    nsp.on_connection([&](socketio::Socket& socket) {
        FUZZ_CHECK(socket.connected());
        FUZZ_CHECK(connected.insert(&socket).second);
    });
    nsp.on_disconnect([&](socketio::Socket& socket) {
        FUZZ_CHECK(!socket.connected() && socket.rooms().empty());
        FUZZ_CHECK(connected.erase(&socket) == 1);
    });
}

}  // namespace

Machine::Machine(socketio::ServerOptions options,
                 std::function<void(socketio::Core&, std::set<socketio::Socket*>&)> const& set_up)
    : site_{{},
            {},
            options.http,
            engineio::net::TrustedProxies({}),
            engineio::net::AllowedHosts({}),
            nullptr,
            nullptr,
            {}},
      runtime_(shard_count), time_(Shard::Clock::now()),
      core_(std::make_unique<socketio::Core>(runtime_, std::move(options))) {
    engineio::net::set_level(engineio::net::Level::off);
    watch(core_->of("/", {}), connected_);
    set_up(*core_, connected_);
    core_->open();
    for (unsigned i = 0; i < shard_count; ++i) {
        site_.shards.push_back(&shard(i));
        site_.handlers.push_back(&core_->entrance(i));
        site_.half_open.push_back(std::make_unique<engineio::net::HalfOpen>());
    }
}

// As rig::World: what sockets wait for goes before the server, in a turn of its shard.
Machine::~Machine() {
    for (unsigned i = 0; i < shard_count; ++i) {
        turn(i, [] { socketio::destroy_spawned(); });
    }
    settle();
}

IoShard& Machine::shard(unsigned index) {
    return static_cast<IoShard&>(runtime_.shard(index));
}

void Machine::turn(unsigned index, std::function<void()> const& action) {
    Shard::Turn const turn(shard(index), time_);
    action();
}

// What IoShard does with sockets that are ready; true if there were any.
bool Machine::serve(unsigned index) {
    auto& poller = shard(index).poller();
    turn(index, [&] { shard(index).run_posted(); });
    poller.collect();
    if (!poller.has_collected()) {
        return false;
    }
    turn(index, [&] {
        while (poller.has_collected()) {
            poller.serve_one();
            shard(index).dispatch();
        }
    });
    return true;
}

void Machine::settle() {
    constexpr int quiet_rounds = 3;  // a hand-over or gather needs as many
    constexpr int most_rounds = 10'000;
    int quiet = 0;
    for (int round = 0; quiet < quiet_rounds; ++round) {
        FUZZ_CHECK(round < most_rounds);  // it would spin
        bool busy = false;
        for (unsigned i = 0; i < shard_count; ++i) {
            busy |= serve(i);
        }
        quiet = busy ? 0 : quiet + 1;
    }
}

void Machine::advance(std::chrono::milliseconds time) {
    auto const end = time_ + time + engineio::limits::timer_tick;
    while (time_ < end) {
        // From deadline to deadline, so that a minute is as short as a second.
        auto next = end;
        for (unsigned i = 0; i < shard_count; ++i) {
            next = std::min(next, shard(i).timers().next_due().value_or(end));
        }
        time_ = std::min<Shard::TimePoint>(std::max(next, time_ + 1ms), end);
        for (unsigned i = 0; i < shard_count; ++i) {
            turn(i, [&] { shard(i).run_timers(); });
        }
        settle();
    }
}

void Machine::open(Wire& wire, unsigned index, bool cramped) {
    close(wire);
    std::array<int, 2> ends;
    FUZZ_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    if (cramped) {
        int const bytes = cramped_bytes;
        ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
    wire = Wire{engineio::net::UniqueFd(ends[1]), {}, {}};
    turn(index, [&] {
        adopt(shard(index), site_, {engineio::net::UniqueFd(ends[0]), "127.0.0.1", {}, {}, {}});
    });
}

void Machine::send(Wire& wire, std::string_view bytes) {
    if (wire.open() && !bytes.empty()) {
        ::send(wire.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    settle();
}

void Machine::receive(Wire& wire, std::size_t most) {
    std::array<char, 16 * 1024> buffer;
    while (wire.open() && most != 0) {
        auto const count =
            ::recv(wire.socket.get(), buffer.data(), std::min(most, buffer.size()), 0);
        if (count <= 0) {
            break;
        }
        wire.received.append(buffer.data(), static_cast<std::size_t>(count));
        most -= static_cast<std::size_t>(count);
    }
    constexpr std::string_view mark = "\"sid\":\"";
    if (auto const at = wire.received.find(mark); at != std::string::npos && wire.sid.empty()) {
        auto const from = at + mark.size();
        wire.sid = wire.received.substr(from, wire.received.find('"', from) - from);
    }
    settle();
}

void Machine::end_stream(Wire& wire) {
    if (wire.open()) {
        ::shutdown(wire.socket.get(), SHUT_WR);
    }
    settle();
}

void Machine::close(Wire& wire) {
    wire.socket = engineio::net::UniqueFd();
    settle();
}

void Machine::check_bounds(std::size_t connections) {
    std::uint64_t buffered = 0;
    for (unsigned i = 0; i < shard_count; ++i) {
        buffered += shard(i).metrics().buffered_bytes;
    }
    // The last message before the limit is seen may be one of the largest.
    FUZZ_CHECK(buffered <= connections * 2 * engineio::limits::max_buffered_bytes);
}

void Machine::check_clean() {
    engineio::net::Metrics sum;
    for (unsigned i = 0; i < shard_count; ++i) {
        sum += shard(i).metrics();
        FUZZ_CHECK(shard(i).timers().armed_count() == 0);
        turn(i, [&] { FUZZ_CHECK(core_->of("/", {}).room_count() == 0); });
    }
    FUZZ_CHECK(connected_.empty());
    FUZZ_CHECK(core_->clients_count() == 0);
    FUZZ_CHECK(sum.connections == 0 && sum.websockets == 0 && sum.sessions == 0);
    FUZZ_CHECK(sum.sockets == 0 && sum.pending_acks == 0 && sum.buffered_bytes == 0);
    FUZZ_CHECK(socketio::spawned_count() == 0);
}

}  // namespace fuzz
