// hubbub-load: uses a Socket.IO server that speaks the events of hubbub-bench and prints what it
// took as one line of JSON; see README.md. Exit code 1 after any wrong or missing answer.
#include "tests/bench/scenario.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sys/resource.h>

namespace bench {

namespace {

constexpr char const* usage =
    "usage: hubbub-load SCENARIO --port P [--pid P] [--clients N] [--window N] [--size BYTES]\n"
    "                   [--seconds S] [--warm-up S] [--ack] [--binary] [--transport NAME]\n"
    "                   [--rate N, of echo and broadcast: so many a second, a fixed load]\n"
    "scenarios: echo, light, broadcast, idle, polling, connect\n"
    "transports of connect: websocket, polling, upgrade\n";

[[noreturn]] void refuse() {
    std::fputs(usage, stderr);
    std::exit(2);
}

Options read_options(int argc, char** argv) {
    Options options;
    if (argc < 2) {
        refuse();
    }
    options.scenario = argv[1];
    for (int i = 2; i < argc; ++i) {
        std::string_view const name = argv[i];
        if (name == "--ack") {
            options.ack = true;
        } else if (name == "--binary") {
            options.binary = true;
        } else if (++i == argc) {
            refuse();
        } else if (name == "--port") {
            options.port = static_cast<std::uint16_t>(std::atoi(argv[i]));
        } else if (name == "--pid") {
            options.process = std::atoi(argv[i]);
        } else if (name == "--clients") {
            options.clients = std::strtoul(argv[i], nullptr, 10);
        } else if (name == "--window") {
            options.window = std::strtoul(argv[i], nullptr, 10);
        } else if (name == "--size") {
            options.size = std::strtoul(argv[i], nullptr, 10);
        } else if (name == "--seconds") {
            options.seconds = std::atof(argv[i]);
        } else if (name == "--warm-up") {
            options.warm_up = std::atof(argv[i]);
        } else if (name == "--rate") {
            options.rate = std::atof(argv[i]);
        } else if (name == "--transport") {
            options.transport = argv[i];
        } else {
            refuse();
        }
    }
    if (options.port == 0 || options.clients == 0 || options.window == 0) {
        refuse();
    }
    return options;
}

std::unique_ptr<Scenario> make_scenario(Options const& options) {
    static std::map<std::string_view, std::unique_ptr<Scenario> (*)(Options const&)> const makers{
        {"echo", make_echo}, {"light", make_light},     {"broadcast", make_broadcast},
        {"idle", make_idle}, {"polling", make_polling}, {"connect", make_connect}};
    auto const found = makers.find(options.scenario);
    if (found == makers.end()) {
        refuse();
    }
    return found->second(options);
}

void raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

}  // namespace bench

int main(int argc, char** argv) {
    auto const options = bench::read_options(argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    bench::raise_descriptor_limit();
    bench::Measurement measurement(options.process);
    bench::make_scenario(options)->run(measurement);
    std::puts(measurement.json().c_str());
    return bench::complaints() == 0 ? 0 : 1;
}
