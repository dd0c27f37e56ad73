// The command line: CLI11 needs seconds to compile, so it has a file of its own.

#include "apps/server/config.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace apps::server {

namespace {

constexpr char version[] = "hubbub 0.1.0";

std::string read_file(std::string const& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        throw ConfigError("cannot read the configuration file " + path);
    }
    return {std::istreambuf_iterator<char>(stream), {}};
}

void add_flag(CLI::App& app, Setting const& setting) {
    if (setting.secret) {
        return;
    }
    if (auto* const* text = std::get_if<std::string*>(&setting.target)) {
        app.add_option(setting.flag, **text, setting.help);
    } else if (auto* const* flag = std::get_if<bool*>(&setting.target)) {
        auto const off = "!--no-" + setting.flag.substr(2);
        app.add_flag(setting.flag + "," + off, **flag, setting.help);
    } else {
        app.add_option_function<std::int64_t>(
               setting.flag, [setting](std::int64_t value) { set_number(setting, value); },
               setting.help)
            ->check(CLI::Range(setting.low, setting.high));
    }
}

// The flags are parsed twice: first into a scratch value to find --config and to report mistakes,
// then, with the file and the environment below them, into the result.
struct Flags {
    explicit Flags(Config& config)
        : app("Hubbub: a Socket.IO server with ready-made applications", "hubbub") {
        app.set_version_flag("--version", version);
        app.add_option("--config", file, "Configuration file (TOML); default: ./hubbub.toml");
        app.add_flag("--print-config", print, "Print the resulting configuration and stop");
        for (auto const& setting : settings_of(config)) {
            add_flag(app, setting);
        }
        app.footer("Every setting is a key of the file and a variable HUBBUB_<SECTION>_<KEY>, as "
                   "--print-config lists them;\nflags win over variables, variables over the file. "
                   "Secrets "
                   "are no flags.");
    }

    CLI::App app;
    std::string file;
    bool print = false;
};

}  // namespace

CommandLine read_command_line(int argc, char const* const* argv, Environment const& environment,
                              std::vector<SystemInfo> const& systems) {
    CommandLine result{Config(systems)};
    Config scratch(systems);
    Flags first(scratch);
    try {
        first.app.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        result.exit_code = first.app.exit(error) == 0 ? 0 : 2;
        result.stop = true;
        return result;
    }
    try {
        bool const beside = first.file.empty() && std::filesystem::exists("hubbub.toml");
        auto const file = beside ? std::string("hubbub.toml") : first.file;
        if (!file.empty()) {
            apply_toml(result.config, read_file(file), file);
        }
        apply_environment(result.config, environment);
    } catch (ConfigError const& error) {
        std::cerr << "hubbub: " << error.what() << "\n";
        result.exit_code = 2;
        result.stop = true;
        return result;
    }
    Flags second(result.config);
    second.app.parse(argc, argv);  // cannot fail: it did not the first time
    if (first.print) {
        std::cout << to_toml(result.config);
        result.stop = true;
    }
    return result;
}

}  // namespace apps::server
