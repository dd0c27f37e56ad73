#pragma once

#include "engineio/net/http_options.hpp"
#include "socketio/limits.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace apps::server {

struct ServerConfig {
    /// One or more, separated by commas, as Endpoint::host. Local by default: the demo has no
    /// login.
    std::string host = "127.0.0.1";
    int index_port = 8090;  ///< of the page that links the systems, if there are several
    /// Of /metrics, which needs no login and so has an address of its own; no port: none.
    std::string metrics_host = "127.0.0.1";
    int metrics_port = -1;
    int threads = 0;          ///< 0: one per core
    std::string tls_cert;     ///< certificate chain (PEM); empty: plain HTTP
    std::string tls_key;      ///< its private key (PEM)
    std::string trust_proxy;  ///< as HttpOptions::trust_proxy, separated by commas
    /// As HttpOptions::allowed_hosts, separated by commas, or "*" for any. Empty: those that
    /// allowed_hosts() finds.
    std::string allowed_hosts;
    std::string client_dir;  ///< empty: look beside the executable
    std::string web_dir;     ///< our own pages, one folder each; empty: look beside the executable
    bool demo = false;       ///< demo accounts and data, no secrets needed
    std::string database;    ///< empty: hubbub.db here, hubbub-demo.db for the demo
    std::string only;        ///< names of systems, separated by commas; empty: all enabled ones
    int ping_interval_ms = 25000;
    int ping_timeout_ms = 20000;
    int max_http_buffer_size = 1'000'000;  ///< bytes of one message
    int drain_notice_ms = 0;               ///< as DrainOptions::notice
    int drain_deadline_ms = 25000;         ///< as DrainOptions::deadline
    int drain_batch = 100;                 ///< as DrainOptions::batch
    bool compression = true;               ///< permessage-deflate and gzip where a client offers it
    std::string log_level = "info";
};

/// Section [limits] (limit_settings.cpp), for all systems: the options' own types, so that the
/// defaults are theirs.
struct LimitsConfig {
    engineio::net::HttpOptions http = {};  ///< what it believes is ServerConfig's
    socketio::SocketLimits sockets = {};
    std::chrono::milliseconds tls_handshake_timeout = engineio::limits::tls_handshake_timeout;
    std::chrono::milliseconds upgrade_timeout = engineio::limits::upgrade_timeout;
    std::chrono::milliseconds connect_timeout = engineio::limits::connect_timeout;
};

/// A setting that only one system has, with its default.
struct ExtraSetting {
    std::string key;
    std::string help;
    std::variant<std::string, int, bool> value = std::string();
    int low = 0;  ///< bounds of a number, both included
    int high = 0;
    bool secret = false;  ///< never printed
};

/// What the configuration has to know of a system.
struct SystemInfo {
    std::string name;   ///< "dungeonlab": its section in the file
    std::string title;  ///< "DungeonLab"
    int port = 0;
    bool needs_secrets = false;  ///< signs cookies or tokens
    std::vector<ExtraSetting> extras = {};
};

/// One listener with one system on it.
struct SystemConfig {
    SystemInfo info;  ///< with the extras' present values
    bool enabled = true;
    int port = 0;          ///< 0: any free one, printed at the start
    std::string origins;   ///< foreign origins allowed, separated by commas
    std::string frontend;  ///< folder of the system's own frontend; empty: our small page
    std::string secrets;   ///< separated by commas; the first signs, all verify

    /// The value of an extra setting, of which there must be one of that type.
    template <class T>
    T const& extra(std::string_view key) const {
        for (auto const& setting : info.extras) {
            if (setting.key == key) {
                return std::get<T>(setting.value);
            }
        }
        throw std::logic_error(info.name + " has no setting " + std::string(key));
    }
};

/// Everything an operator can set, with its defaults. A plain value.
struct Config {
    explicit Config(std::vector<SystemInfo> const& systems = {});

    ServerConfig server;
    LimitsConfig limits;
    std::vector<SystemConfig> systems;

    /// Named by `only` if that names any, else enabled.
    bool serves(SystemConfig const& system) const;
    std::string database() const;
};

/// A mistake in the file, the environment or the flags, in words for the operator.
struct ConfigError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One entry of the table from which the file, the environment, the flags and `--print-config`
/// are derived, so that none of them can be forgotten for a new setting.
struct Setting {
    using Target =
        std::variant<std::string*, bool*, int*, std::size_t*, double*, std::chrono::milliseconds*>;

    std::string section;  ///< "[server]" in the file
    std::string key;      ///< "host" in the file, HUBBUB_SERVER_HOST in the environment
    std::string flag;     ///< "--host"
    std::string help;
    Target target;         ///< all but texts and truth values are whole numbers
    std::int64_t low = 0;  ///< bounds of a number, both included
    std::int64_t high = 0;
    bool secret = false;  ///< neither a flag, which others could see, nor printed
};

/// The table, pointing into `config`, which has to outlive it.
std::vector<Setting> settings_of(Config& config);

/// The part of it for [limits].
std::vector<Setting> limit_settings(LimitsConfig& limits);

/// What a setting that is a number has for one now; and puts another there, which must be within
/// its bounds.
std::int64_t number_of(Setting const& setting);
void set_number(Setting const& setting, std::int64_t value);

/// Reads a TOML file's text over the present values. Throws ConfigError naming `file_name` and the
/// line for syntax errors, unknown keys, wrong types and numbers out of bounds.
void apply_toml(Config& config, std::string const& text, std::string const& file_name);

/// Looks every setting up by its variable name; null means unset. Throws ConfigError.
using Environment = std::function<char const*(char const* name)>;
void apply_environment(Config& config, Environment const& environment);

/// The names in an environment ("NAME=value") that look like settings, HUBBUB_<SECTION>_<KEY>, and
/// are none.
std::vector<std::string> unknown_variables(Config config, char const* const* environment);

/// The configuration as a TOML file with its explanations. Secrets are not in it.
std::string to_toml(Config config);

/// Whether the server may start like this. Throws ConfigError: an unknown system in `only`, a
/// system without the secrets it needs, or with ones that could be guessed, no address to listen
/// on, limits that contradict each other.
void check(Config const& config);

/// What the command line asked for.
struct CommandLine {
    Config config;
    bool stop = false;  ///< help, version or the configuration was printed, or a mistake reported
    int exit_code = 0;
};

/// Flags over environment over file over defaults. Prints to stdout and stderr itself where the
/// program shall stop. The file is the one of `--config`, else hubbub.toml here if there is one.
CommandLine read_command_line(int argc, char const* const* argv, Environment const& environment,
                              std::vector<SystemInfo> const& systems);

}  // namespace apps::server
