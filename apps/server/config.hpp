#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace apps::server {

struct ServerConfig {
    /// One or more, separated by commas, as Endpoint::host. Local by default: the demo has no
    /// login.
    std::string host = "127.0.0.1";
    int threads = 0;          ///< 0: one per core
    std::string tls_cert;     ///< certificate chain (PEM); empty: plain HTTP
    std::string tls_key;      ///< its private key (PEM)
    std::string trust_proxy;  ///< as HttpOptions::trust_proxy, separated by commas
    std::string client_dir;   ///< empty: look beside the executable
    std::string web_dir;      ///< empty: look beside the executable
    bool web_spa = false;     ///< unknown paths get its index.html
    std::string cors_origin;  ///< "*", one origin, or empty for same-origin only
    int ping_interval_ms = 25000;
    int ping_timeout_ms = 20000;
    int max_http_buffer_size = 1'000'000;  ///< bytes of one message
    bool compression = true;               ///< permessage-deflate and gzip where a client offers it
    std::string log_level = "info";
};

/// One listener with one system on it.
struct ProfileConfig {
    bool enabled = true;
    int port = 0;  ///< 0: any free one, printed at the start
};

/// Everything an operator can set, with its defaults. A plain value.
struct Config {
    ServerConfig server;
    ProfileConfig dungeonlab{true, 3000};
    ProfileConfig eliza{true, 3001};
};

/// A mistake in the file, the environment or the flags, in words for the operator.
struct ConfigError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One entry of the table from which the file, the environment, the flags and `--print-config`
/// are derived, so that none of them can be forgotten for a new setting.
struct Setting {
    std::string section;  ///< "[server]" in the file
    std::string key;      ///< "host" in the file, HUBBUB_SERVER_HOST in the environment
    std::string flag;     ///< "--host"
    std::string help;
    std::variant<std::string*, int*, bool*> target;
    int low = 0;  ///< bounds of a number, both included
    int high = 0;
};

/// The table, pointing into `config`, which has to outlive it.
std::vector<Setting> settings_of(Config& config);

/// Reads a TOML file's text over the present values. Throws ConfigError naming `file_name` and the
/// line for syntax errors, unknown keys, wrong types and numbers out of bounds.
void apply_toml(Config& config, std::string const& text, std::string const& file_name);

/// Looks every setting up by its variable name; null means unset. Throws ConfigError.
using Environment = std::function<char const*(char const* name)>;
void apply_environment(Config& config, Environment const& environment);

/// The configuration as a TOML file with its explanations.
std::string to_toml(Config config);

/// What the command line asked for.
struct CommandLine {
    Config config;
    bool stop = false;  ///< help, version or the configuration was printed, or a mistake reported
    int exit_code = 0;
};

/// Flags over environment over file over defaults. Prints to stdout and stderr itself where the
/// program shall stop. The file is the one of `--config`, else hubbub.toml here if there is one.
CommandLine read_command_line(int argc, char const* const* argv, Environment const& environment);

}  // namespace apps::server
