#include "tests/simulation/machine.hpp"

#include "engineio/net/io_shard.hpp"
#include "socketio/task.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utility>

namespace {

// Nanoseconds since 1970, of a day on which times have the digits they have today.
constexpr std::int64_t beginning = 1'700'000'000'000'000'000;
std::int64_t virtual_time = beginning;
std::int64_t wall_shift = 0;  // of the clock on the wall, which people set
bool next_is_small = false;

// Every run begins alike.
simulation::Dice& fresh(simulation::Dice& dice) {
    virtual_time = beginning;
    wall_shift = 0;
    next_is_small = false;
    return dice;
}

}  // namespace

// The program's only clock is this one, for the standard library and Asio, too.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
    constexpr std::int64_t second = 1'000'000'000;
    bool const is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    auto const now = virtual_time + (is_wall ? wall_shift : 0);
    time->tv_sec = static_cast<time_t>(now / second);
    time->tv_nsec = static_cast<long>(now % second);
    return 0;
}

// The kernel's timers would keep real time. Without them Asio looks at the clock.
extern "C" int timerfd_create(int, int) noexcept {
    errno = ENOSYS;
    return -1;
}

// Every other connection has a kernel that takes little at a time, so that writes are partial ones.
extern "C" int accept4(int listener, sockaddr* address, socklen_t* length, int flags) {
    constexpr int little = 4096;
    auto const fd = static_cast<int>(::syscall(SYS_accept4, listener, address, length, flags));
    if (fd >= 0 && std::exchange(next_is_small, !next_is_small)) {
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    }
    return fd;
}

namespace simulation {

using engineio::net::IoShard;
using engineio::net::Shard;

namespace {

std::string make_folder() {
    char name[] = "/tmp/hubbub-simulation-XXXXXX";
    if (::mkdtemp(name) == nullptr) {
        throw std::runtime_error("can't make a temporary folder");
    }
    return name;
}

IoShard& driver(Shard& shard) {
    return static_cast<IoShard&>(shard);
}

}  // namespace

Machine::Machine(socketio::ServerOptions options, unsigned shards, Dice& dice, bool threads)
    : dice_(fresh(dice)), crew_(threads ? std::make_unique<Crew>(shards) : nullptr),
      runtime_(shards), core_(std::make_unique<socketio::Core>(runtime_, std::move(options))),
      folder_(make_folder()), path_(folder_ + "/socket") {
    for (unsigned i = 0; i < shards && threads; ++i) {
        shard_dice_.emplace_back(static_cast<std::uint64_t>(dice.below(1'000'000)));
    }
}

Machine::~Machine() {
    runtime_.stop_listening();
    step_all();
    for (unsigned i = 0; i < shard_count(); ++i) {
        turn(i, [] { socketio::destroy_spawned(); });
    }
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
}

void Machine::listen() {
    engineio::net::Endpoint endpoint;
    endpoint.host = "unix:" + path_;
    core_->listen(endpoint);
    while (step_all()) {
    }
}

void Machine::turn(unsigned index, std::function<void()> const& action) {
    auto const enter = [&] { driver(shard(index)).enter(action); };
    crew_ ? crew_->run_one(index, enter) : enter();
}

Machine::TimePoint Machine::now() const {
    return Shard::Clock::now();
}

void Machine::move_clock(std::chrono::milliseconds time) {
    virtual_time += std::chrono::nanoseconds(time).count();
}

void Machine::set_wall_clock(std::chrono::seconds ahead) {
    wall_shift = std::chrono::nanoseconds(ahead).count();
}

bool Machine::step(unsigned index, bool all) {
    bool progress = false;
    if (all || dice_of(index).one_in(2)) {
        progress = driver(shard(index)).context().poll_one() != 0;
    }
    if (all || !progress) {
        progress = serve_ready(index, all) || progress;
    }
    return progress;
}

bool Machine::serve_ready(unsigned index, bool all) {
    auto& io = driver(shard(index));
    auto& poller = io.poller();
    poller.collect();
    bool progress = false;
    // Several connections share a turn, as many as chance will have it.
    while (poller.has_collected()) {
        io.enter([&] {
            do {
                poller.serve_one();
                io.dispatch();
            } while (poller.has_collected() && !dice_of(index).one_in(3));
        });
        progress = true;
        if (!all) {
            break;
        }
    }
    return progress;
}

bool Machine::step_all() {
    if (crew_) {
        return burst_all();
    }
    bool progress = false;
    auto const first = static_cast<unsigned>(dice_.below(static_cast<int>(shard_count())));
    for (unsigned i = 0; i < shard_count(); ++i) {
        progress = step((first + i) % shard_count(), true) || progress;
    }
    return progress;
}

void Machine::burst(std::vector<int> const& steps, std::function<void()> const& own) {
    crew_->run(
        [&](unsigned index) {
            for (int i = 0; i < steps[index]; ++i) {
                step(index, false);
            }
        },
        own);
}

bool Machine::burst_all() {
    constexpr int most = 100;
    std::atomic<bool> progress{false};
    crew_->run(
        [&](unsigned index) {
            for (int i = 0; i < most && step(index, true); ++i) {
                progress.store(true, std::memory_order_relaxed);
            }
        },
        [] {});
    return progress;
}

std::optional<Machine::TimePoint> Machine::next_due() {
    std::optional<TimePoint> first;
    for (unsigned i = 0; i < shard_count(); ++i) {
        auto const due = shard(i).timers().next_due();
        if (due && (!first || *due < *first)) {
            first = due;
        }
    }
    return first;
}

engineio::net::Metrics Machine::metrics() {
    engineio::net::Metrics sum;
    for (unsigned i = 0; i < shard_count(); ++i) {
        sum += shard(i).metrics();
    }
    return sum;
}

std::size_t Machine::armed_timers() {
    std::size_t count = 0;
    for (unsigned i = 0; i < shard_count(); ++i) {
        count += shard(i).timers().armed_count();
    }
    return count;
}

std::size_t Machine::rooms(std::string const& space) {
    std::size_t count = 0;
    for (unsigned i = 0; i < shard_count(); ++i) {
        turn(i, [&] { count += core_->of(space, {}).room_count(); });
    }
    return count;
}

std::size_t Machine::coroutines() {
    std::size_t count = 0;
    for (unsigned i = 0; i < (crew_ ? shard_count() : 1); ++i) {
        turn(i, [&] { count += socketio::spawned_count(); });
    }
    return count;
}

}  // namespace simulation
