#include "apps/server/config.hpp"
#include "apps/server/systems.hpp"
#include "apps/server/wiring.hpp"
#include "engineio/net/log.hpp"

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace {

// The link is there on every Linux; elsewhere the name the program was called by has to do.
std::filesystem::path executable_path(char const* called_as) {
    std::error_code error;
    auto path = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? std::filesystem::absolute(called_as) : path;
}

// Every client is a descriptor, and the soft limit is 1,024 on most systems: as many as are
// allowed, as Node does.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

}  // namespace

int main(int argc, char** argv) {
    using namespace apps::server;
    try {
        std::vector<SystemInfo> infos;
        for (auto const& kind : system_kinds()) {
            infos.push_back(kind.info);
        }
        auto const environment = [](char const* name) {
            return static_cast<char const*>(std::getenv(name));
        };
        auto const line = read_command_line(argc, argv, environment, infos);
        if (line.stop) {
            return line.exit_code;
        }
        auto const& config = line.config;
        if (!engineio::net::set_level(config.server.log_level)) {
            throw ConfigError("unknown log level \"" + config.server.log_level + "\"");
        }
        check(config);
        for (auto const& name : unknown_variables(config, environ)) {
            engineio::net::log_warn("config", "{} is no setting; --print-config lists all", name);
        }
        raise_descriptor_limit();
        Hubbub hubbub(config, find_folders(config.server, executable_path(argv[0])));
        hubbub.listen();
        std::cout << hubbub.greeting() << std::flush;
        hubbub.run();
        std::cout << "Hubbub has closed all connections.\n";
        return 0;
    } catch (std::exception const& error) {
        std::cerr << "hubbub: " << error.what() << "\n";
        return 1;
    }
}
