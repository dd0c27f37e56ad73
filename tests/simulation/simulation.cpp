#include "tests/simulation/simulation.hpp"

#include "engineio/net/log.hpp"

#include <algorithm>
#include <utility>

namespace simulation {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t remembered_lines = 60;
constexpr int most_rounds = 100'000;
constexpr int mean_burst = 40;
constexpr auto max_absence = 20s;

socketio::ServerOptions make_options(Dice& dice) {
    socketio::ServerOptions options;
    options.serve_client = false;
    options.ping_interval = dice.one_in(2) ? 5s : 25s;
    options.ping_timeout = dice.one_in(2) ? 4s : 20s;
    options.upgrade_timeout = 3s;
    options.connect_timeout = 10s;
    options.cleanup_empty_child_namespaces = dice.one_in(2);
    if (!dice.one_in(4)) {
        options.connection_state_recovery = socketio::RecoveryOptions{max_absence, dice.one_in(2)};
    }
    return options;
}

}  // namespace

// --- Numbers -----------------------------------------------------------------------------------

Numbers& Numbers::operator+=(Numbers const& other) {
    connections += other.connections;
    upgrades += other.upgrades;
    moves += other.moves;
    volatile_dropped += other.volatile_dropped;
    garbage += other.garbage;
    events += other.events;
    disconnects += other.disconnects;
    recoveries += other.recoveries;
    recovered_events += other.recovered_events;
    questions += other.questions;
    time += other.time;
    for (auto const& [reason, count] : other.reasons) {
        reasons[reason] += count;
    }
    hash = hash * 31 + other.hash;
    return *this;
}

std::string Numbers::text() const {
    std::string text;
    auto const add = [&text](long count, char const* what) {
        text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
    };
    add(connections, "connections");
    add(moves, "moved to another shard");
    add(upgrades, "upgrades");
    add(events, "events");
    add(questions, "questions of the server");
    add(volatile_dropped, "volatile events dropped");
    add(recoveries, "recoveries");
    add(recovered_events, "events brought back");
    add(garbage, "protocol errors");
    add(disconnects, "disconnects");
    add(time.count(), "s of virtual time");
    text += hash != 0 ? ", hash " + std::to_string(hash) : "";
    for (auto const& [reason, count] : reasons) {
        text += "\n  " + reason + ": " + std::to_string(count);
    }
    return text;
}

// --- Simulation --------------------------------------------------------------------------------

Simulation::Simulation(std::uint64_t seed, Settings const& settings)
    : seed_(seed), settings_(settings), dice_(seed) {
    engineio::net::set_level("error");
    auto options = make_options(dice_);
    auto const random_shards = 1 + static_cast<unsigned>(dice_.below(4));
    auto const shards = settings.shards != 0 ? settings.shards
                        : settings.threads   ? std::max(2U, random_shards)
                                             : random_shards;
    bool const recovery = options.connection_state_recovery.has_value();
    model_ = std::make_unique<Model>(shards, recovery, max_absence, settings.threads);
    machine_ = std::make_unique<Machine>(std::move(options), shards, dice_, settings.threads);
    allotted_.resize(shards);
    app_ = std::make_unique<App>(*machine_, *model_);
    app_->serve(machine_->core().of("/", {}));
    app_->serve(machine_->core().of("/b", {}));
    app_->serve(machine_->core().of_matching(
        [](std::string const& name, socketio::Json const&) { return name.starts_with("/dynamic"); },
        false));
    machine_->listen();
    auto const count = 2 + dice_.below(14);
    bool const nervous = dice_.one_in(2);
    for (int i = 0; i < count; ++i) {
        actors_.push_back(std::make_unique<Actor>(
            *machine_, *model_, *app_, dice_, nervous,
            [this, i](std::string line) { trace("client " + std::to_string(i) + " " + line); }));
    }
    begin_ = machine_->now();
}

Simulation::~Simulation() {
    actors_.clear();
    model_->begin_burst();
    machine_.reset();  // its coroutines still tell the model, which does not listen any more
}

void Simulation::trace(std::string line) {
    for (char const byte : line) {
        hash_ = (hash_ ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
    }
    line = std::to_string(step_) + " " + line;
    if (settings_.trace) {
        std::fprintf(stderr, "%s\n", line.c_str());
    }
    last_.push_back(std::move(line));
    if (last_.size() > remembered_lines) {
        last_.pop_front();
    }
}

std::string Simulation::story() const {
    std::string text = "seed " + std::to_string(seed_) + ", step " + std::to_string(step_) + ": " +
                       model_->complaint() + "\nwhat happened before:\n";
    for (auto const& line : last_) {
        text += "  " + line + "\n";
    }
    return text;
}

Numbers Simulation::numbers() const {
    Numbers numbers;
    auto const metrics = machine_->metrics();
    numbers.connections = static_cast<long>(metrics.connections_accepted);
    for (auto const& actor : actors_) {
        numbers.upgrades += actor->upgrades();
    }
    numbers.moves = static_cast<long>(metrics.connections_handed_over);
    numbers.volatile_dropped = static_cast<long>(metrics.volatile_dropped);
    numbers.garbage = static_cast<long>(metrics.protocol_errors);
    numbers.events = model_->events;
    numbers.disconnects = model_->disconnects;
    numbers.recoveries = model_->recoveries;
    numbers.recovered_events = model_->recovered_events;
    numbers.questions = app_->answered();
    numbers.time = std::chrono::duration_cast<std::chrono::seconds>(machine_->now() - begin_);
    numbers.reasons = model_->reasons;
    numbers.hash = settings_.threads ? 0 : hash_;
    return numbers;
}

bool Simulation::run(long steps) {
    for (; step_ < steps && model_->complaint().empty(); ++step_) {
        step();
    }
    if (model_->complaint().empty()) {
        finish();
    }
    return model_->complaint().empty();
}

// Threads are not equally fast: every now and then one does nothing for a while.
void Simulation::step_server() {
    auto const shard =
        static_cast<unsigned>(dice_.below(static_cast<int>(machine_->shard_count())));
    if (busy_ && step_ >= busy_until_) {
        busy_.reset();
    }
    if (!busy_ && dice_.one_in(200)) {
        busy_ = shard;
        busy_until_ = step_ + dice_.below(800);
    }
    if (shard == busy_) {
        return;
    }
    if (!settings_.threads) {
        machine_->step(shard, false);
        return;
    }
    // As many steps as with one thread, but those of a while at the same time.
    ++allotted_[shard];
    if (dice_.one_in(mean_burst)) {
        burst();
    }
}

// All shards at once, and a thread that is none of them; then the model is told.
void Simulation::burst() {
    auto const casts = dice_.below(3);
    Dice own(static_cast<std::uint64_t>(dice_.below(1'000'000)));
    model_->begin_burst();
    machine_->burst(allotted_, [&] {
        for (int i = 0; i < casts; ++i) {
            app_->broadcast(own.one_in(2) ? "/" : "/b", -1, own);
        }
    });
    model_->end_burst();
    std::ranges::fill(allotted_, 0);
}

void Simulation::step() {
    auto const any_shard = [this] {
        return static_cast<unsigned>(dice_.below(static_cast<int>(machine_->shard_count())));
    };
    auto& actor = *actors_[static_cast<std::size_t>(dice_.below(static_cast<int>(actors_.size())))];
    auto const what = dice_.below(1000);
    if (what < 450) {
        step_server();
    } else if (what < 750) {
        actor.pump(false);
    } else if (what < 930) {
        actor.act();
    } else if (what < 980) {
        machine_->move_clock(milliseconds(1 + dice_.below(30)));
    } else if (what < 990) {
        trace("the server broadcasts");
        app_->broadcast(dice_.one_in(2) ? "/" : "/b", static_cast<int>(any_shard()), dice_);
    } else if (what < 998) {
        busy_.reset();
        settle();
    } else {
        auto const time = milliseconds(dice_.one_in(10) ? dice_.below(60'000) : dice_.below(3'000));
        if (dice_.one_in(2)) {
            set_wall_clock();
        }
        trace("time passes: " + std::to_string(time.count()) + " ms");
        pass(time);
    }
}

void Simulation::set_wall_clock() {
    constexpr int day = 86'400;
    auto const ahead = dice_.below(2 * day) - day;
    trace("the wall clock is set: " + std::to_string(ahead) + " s ahead");
    machine_->set_wall_clock(std::chrono::seconds(ahead));
}

// Until nobody has anything to do any more, but for clients that do not want to.
void Simulation::settle() {
    for (int round = 0; round < most_rounds; ++round) {
        model_->begin_burst();
        bool progress = machine_->step_all();
        model_->end_burst();
        for (auto const& actor : actors_) {
            progress = actor->pump(true) || progress;
        }
        if (!model_->complaint().empty()) {
            return;
        }
        if (!progress) {
            for (auto const& actor : actors_) {
                actor->note_settled();
            }
            for (auto const& actor : actors_) {
                actor->check_settled();
            }
            app_->check_answers();
            return model_->sweep(machine_->now());
        }
    }
    model_->complain("it never comes to rest");
}

void Simulation::pass(milliseconds time) {
    auto const end = machine_->now() + time;
    settle();
    while (machine_->now() < end && model_->complaint().empty()) {
        auto const next = std::min(machine_->next_due().value_or(end), end);
        auto const ahead = std::chrono::ceil<milliseconds>(next - machine_->now());
        machine_->move_clock(std::max(ahead, 1ms));
        settle();
    }
}

void Simulation::finish() {
    trace("everybody leaves");
    for (auto const& actor : actors_) {
        actor->leave();
    }
    pass(10s);
    for (auto const& actor : actors_) {
        actor->cut();
    }
    pass(120s);
    check_clean();
}

void Simulation::expect_none(char const* what, std::uint64_t count) {
    if (count != 0) {
        model_->complain("at the end there are " + std::to_string(count) + " " + what);
    }
}

void Simulation::check_clean() {
    auto const metrics = machine_->metrics();
    expect_none("connections", metrics.connections);
    expect_none("WebSockets", metrics.websockets);
    expect_none("sessions", metrics.sessions);
    expect_none("sockets", metrics.sockets);
    expect_none("pending acknowledgements", metrics.pending_acks);
    expect_none("unsent bytes", metrics.buffered_bytes);
    expect_none("exceptions of handlers", metrics.handler_exceptions);
    expect_none("invalid events", metrics.invalid_events);
    expect_none("clients", machine_->core().clients_count());
    expect_none("clients of the engine", machine_->core().engine().clients_count());
    expect_none("timers", machine_->armed_timers());
    expect_none("rooms", machine_->rooms("/") + machine_->rooms("/b"));
    expect_none("unfinished coroutines", machine_->coroutines());
    expect_none("open questions", app_->open_questions());
    bool const cleans = machine_->core().options().cleanup_empty_child_namespaces;
    expect_none("dynamic namespaces", cleans ? machine_->core().namespace_count() - 2 : 0);
    expect_none("sockets without disconnect", model_->open_members());
}

}  // namespace simulation
