#include "apps/server/config.hpp"

#include "apps/common/origins.hpp"
#include "apps/server/server_options.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

namespace apps::server {

namespace {

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::string environment_name(Setting const& setting) {
    return upper("HUBBUB_" + setting.section + "_" + setting.key);
}

void set_checked(Setting const& setting, std::int64_t value, std::string const& where) {
    if (value < setting.low || value > setting.high) {
        throw ConfigError(where + ": " + setting.key + " must be between " +
                          std::to_string(setting.low) + " and " + std::to_string(setting.high));
    }
    set_number(setting, value);
}

void set_from_toml(Setting const& setting, toml::node const& node, std::string const& where) {
    if (auto* const* text = std::get_if<std::string*>(&setting.target)) {
        if (!node.is_string()) {
            throw ConfigError(where + ": " + setting.key + " must be a text in quotes");
        }
        **text = node.value<std::string>().value_or("");
    } else if (auto* const* flag = std::get_if<bool*>(&setting.target)) {
        if (!node.is_boolean()) {
            throw ConfigError(where + ": " + setting.key + " must be true or false");
        }
        **flag = node.value<bool>().value_or(false);
    } else {
        if (!node.is_integer()) {
            throw ConfigError(where + ": " + setting.key + " must be a whole number");
        }
        set_checked(setting, node.value<std::int64_t>().value_or(0), where);
    }
}

void set_from_text(Setting const& setting, std::string_view value, std::string const& where) {
    if (auto* const* text = std::get_if<std::string*>(&setting.target)) {
        **text = value;
    } else if (auto* const* flag = std::get_if<bool*>(&setting.target)) {
        bool const on = value == "true" || value == "1";
        if (!on && value != "false" && value != "0") {
            throw ConfigError(where + " must be true or false");
        }
        **flag = on;
    } else {
        std::int64_t number = 0;
        auto const [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc() || end != value.data() + value.size()) {
            throw ConfigError(where + " must be a whole number");
        }
        set_checked(setting, number, where);
    }
}

std::string place(std::string const& file_name, toml::source_region const& source) {
    return file_name + ":" + std::to_string(source.begin.line);
}

constexpr int max_port = 65535;

std::vector<Setting> server_settings(ServerConfig& server) {
    constexpr int hour_ms = 3'600'000;
    constexpr int max_message = 1 << 30;
    constexpr int max_batch = 1'000'000;
    return {
        {"server", "host", "--host",
         "Addresses to listen on, separated by commas; 0.0.0.0 or :: for the whole network, "
         "unix:/path for a Unix socket, where only one system is served",
         &server.host},
        {"server", "index_port", "--index-port",
         "Port of the page that links the systems, if there are several; 0: any free one",
         &server.index_port, 0, max_port},
        {"server", "metrics_host", "--metrics-host",
         "Address of /metrics, which is for the monitoring and needs no login",
         &server.metrics_host},
        {"server", "metrics_port", "--metrics-port",
         "Port of /metrics (Prometheus); 0: any free one; -1: none", &server.metrics_port, -1,
         max_port},
        {"server", "threads", "--threads", "Shards, each with its thread; 0: one per core",
         &server.threads, 0, 1024},
        {"server", "tls_cert", "--tls-cert", "Certificate chain (PEM) for https; empty: http",
         &server.tls_cert},
        {"server", "tls_key", "--tls-key", "Its key (PEM); SIGHUP reads both again",
         &server.tls_key},
        {"server", "trust_proxy", "--trust-proxy",
         "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas: "
         "addresses, networks (10.0.0.0/8), loopback, uniquelocal, unix",
         &server.trust_proxy},
        {"server", "allowed_hosts", "--allowed-hosts",
         "Hosts that requests may be for, separated by commas: example.org, .example.org for all "
         "below it, addresses for any IP address, * for all; empty: localhost, addresses and the "
         "hosts of the systems' origins if it listens on loopback addresses only, not even a Unix "
         "socket, and trusts no proxy, else all",
         &server.allowed_hosts},
        {"server", "client_dir", "--client-dir", "Folder with the socket.io client bundles",
         &server.client_dir},
        {"server", "web_dir", "--web-dir", "Folder with our own small pages, one folder a system",
         &server.web_dir},
        {"server", "demo", "--demo", "Demo accounts, data and settings; no secrets needed",
         &server.demo},
        {"server", "database", "--database",
         "SQLite file, or :memory:; empty: hubbub.db here, hubbub-demo.db for the demo",
         &server.database},
        {"server", "only", "--only",
         "Serve these systems, enabled or not, separated by commas; empty: all that are enabled",
         &server.only},
        {"server", "ping_interval_ms", "--ping-interval",
         "Milliseconds between two pings of DungeonLab and ElizaOS; the others ping every 30 s",
         &server.ping_interval_ms, 10, hour_ms},
        {"server", "ping_timeout_ms", "--ping-timeout",
         "Milliseconds to wait for a pong, likewise; the others give up after two intervals",
         &server.ping_timeout_ms, 10, hour_ms},
        {"server", "max_http_buffer_size", "--max-http-buffer-size",
         "Bytes of one message, likewise; CASYS takes 16 KiB, The New Fuse 128 KiB, Kaiku 256 KiB",
         &server.max_http_buffer_size, 1, max_message},
        {"server", "drain_notice_ms", "--drain-notice",
         "After SIGTERM: milliseconds in which /health says 503 and all goes on as before",
         &server.drain_notice_ms, 0, hour_ms},
        {"server", "drain_deadline_ms", "--drain-deadline",
         "After SIGTERM: milliseconds until the end at the latest; a second SIGTERM ends at once",
         &server.drain_deadline_ms, 0, hour_ms},
        {"server", "drain_batch", "--drain-batch",
         "Clients of a system that each thread sends away together, every tenth of a second or so",
         &server.drain_batch, 1, max_batch},
        {"server", "compression", "--compression", "Compress for clients that offer it",
         &server.compression},
        {"server", "log_level", "--log-level", "trace, debug, info, warn, error or off",
         &server.log_level},
    };
}

void add_system(std::vector<Setting>& settings, SystemConfig& system) {
    auto const& name = system.info.name;
    auto const add = [&](std::string key, std::string help, auto* target, int high = 0) {
        auto flag = "--" + name + "-" + key;
        settings.push_back(
            {name, std::move(key), std::move(flag), std::move(help), target, 0, high, false});
    };
    settings.push_back(
        {name, "enabled", "--" + name, "Serve " + system.info.title, &system.enabled});
    add("port", "Its port; 0: any free one", &system.port, max_port);
    add("origins", "Foreign origins whose pages may use it, separated by commas, or *",
        &system.origins);
    add("frontend", "Folder with its own frontend; empty: our small page", &system.frontend);
    if (system.info.needs_secrets) {
        add("secrets",
            "Sign its logins, separated by commas: the first signs, the others are still believed",
            &system.secrets);
        settings.back().secret = true;
    }
    for (auto& extra : system.info.extras) {
        auto flag = "--" + name + "-" + extra.key;
        std::replace(flag.begin(), flag.end(), '_', '-');
        std::visit(
            [&](auto& value) {
                settings.push_back({name, extra.key, flag, extra.help, &value, extra.low,
                                    extra.high, extra.secret});
            },
            extra.value);
    }
}

bool names_system(std::string const& list, std::string const& name) {
    auto const names = common::list_items(list);
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Config::Config(std::vector<SystemInfo> const& infos) {
    for (auto const& info : infos) {
        SystemConfig system;
        system.info = info;
        system.port = info.port;
        systems.push_back(std::move(system));
    }
}

bool Config::serves(SystemConfig const& system) const {
    return server.only.empty() ? system.enabled : names_system(server.only, system.info.name);
}

std::string Config::database() const {
    return !server.database.empty() ? server.database
           : server.demo            ? "hubbub-demo.db"
                                    : "hubbub.db";
}

std::vector<Setting> settings_of(Config& config) {
    auto settings = server_settings(config.server);
    auto limits = limit_settings(config.limits);
    settings.insert(settings.end(), std::make_move_iterator(limits.begin()),
                    std::make_move_iterator(limits.end()));
    for (auto& system : config.systems) {
        add_system(settings, system);
    }
    return settings;
}

std::int64_t number_of(Setting const& setting) {
    return std::visit(
        [](auto const* value) -> std::int64_t {
            if constexpr (std::is_same_v<decltype(value), std::chrono::milliseconds const*>) {
                return value->count();
            } else if constexpr (std::is_arithmetic_v<std::decay_t<decltype(*value)>>) {
                return static_cast<std::int64_t>(*value);
            } else {
                throw std::logic_error("a text is no number");
            }
        },
        setting.target);
}

void set_number(Setting const& setting, std::int64_t number) {
    std::visit(
        [number](auto* value) {
            using T = std::decay_t<decltype(*value)>;
            if constexpr (std::is_constructible_v<T, std::int64_t>) {
                *value = static_cast<T>(number);
            } else {
                throw std::logic_error("a text is no number");
            }
        },
        setting.target);
}

void apply_toml(Config& config, std::string const& text, std::string const& file_name) {
    auto const settings = settings_of(config);
    toml::table table;
    try {
        table = toml::parse(text, file_name);
    } catch (toml::parse_error const& error) {
        throw ConfigError(place(file_name, error.source()) + ": " +
                          std::string(error.description()));
    }
    for (auto const& [section, node] : table) {
        auto const where = place(file_name, node.source());
        auto const* entries = node.as_table();
        bool const known = std::any_of(settings.begin(), settings.end(), [&](Setting const& s) {
            return s.section == section.str();
        });
        if (!known || entries == nullptr) {
            throw ConfigError(where + ": unknown section or key \"" + std::string(section.str()) +
                              "\"");
        }
        for (auto const& [key, value] : *entries) {
            auto const line = place(file_name, value.source());
            auto const setting =
                std::find_if(settings.begin(), settings.end(), [&](Setting const& s) {
                    return s.section == section.str() && s.key == key.str();
                });
            if (setting == settings.end()) {
                throw ConfigError(line + ": unknown key \"" + std::string(section.str()) + "." +
                                  std::string(key.str()) + "\"; --print-config lists all");
            }
            set_from_toml(*setting, value, line);
        }
    }
}

void apply_environment(Config& config, Environment const& environment) {
    for (auto const& setting : settings_of(config)) {
        auto const name = environment_name(setting);
        if (char const* value = environment(name.c_str())) {
            set_from_text(setting, value, name);
        }
    }
}

std::vector<std::string> unknown_variables(Config config, char const* const* environment) {
    auto const settings = settings_of(config);
    std::vector<std::string> unknown;
    for (; *environment != nullptr; ++environment) {
        std::string_view const entry(*environment);
        auto const name = entry.substr(0, entry.find('='));
        bool const like = std::ranges::any_of(settings, [&](Setting const& setting) {
            return name.starts_with(upper("HUBBUB_" + setting.section + "_"));
        });
        if (like && std::ranges::find(settings, name, environment_name) == settings.end()) {
            unknown.emplace_back(name);
        }
    }
    return unknown;
}

std::string to_toml(Config config) {
    std::ostringstream out;
    std::string section;
    for (auto const& setting : settings_of(config)) {
        if (setting.section != section) {
            out << (section.empty() ? "" : "\n") << '[' << setting.section << "]\n";
            section = setting.section;
        }
        out << "# " << setting.help << "\n" << setting.key << " = ";
        if (auto* const* text = std::get_if<std::string*>(&setting.target)) {
            bool const hidden = setting.secret && !(*text)->empty();
            out << toml::value<std::string>(hidden ? std::string() : **text)
                << (hidden ? "  # given, not shown" : "");
        } else if (auto* const* flag = std::get_if<bool*>(&setting.target)) {
            out << (**flag ? "true" : "false");
        } else {
            out << number_of(setting);
        }
        out << "\n";
    }
    return out.str();
}

void check(Config const& config) {
    constexpr std::size_t min_secret_bytes = 16;
    bool const no_metrics_host =
        config.server.metrics_port >= 0 && config.server.metrics_host.empty();
    if (no_metrics_host || common::list_items(config.server.host).empty()) {
        throw ConfigError(std::string(no_metrics_host ? "server.metrics_host" : "server.host") +
                          " is empty: name the address to listen on; 0.0.0.0 or :: for the whole "
                          "network");
    }
    for (auto const& name : common::list_items(config.server.only)) {
        if (std::none_of(config.systems.begin(), config.systems.end(),
                         [&](SystemConfig const& system) { return system.info.name == name; })) {
            throw ConfigError("there is no system \"" + name + "\" (server.only)");
        }
    }
    for (auto const& system : config.systems) {
        if (!config.serves(system) || !system.info.needs_secrets) {
            continue;
        }
        auto const key = system.info.name + ".secrets";
        auto const secrets = common::list_items(system.secrets);
        if (secrets.empty() && !config.server.demo) {
            throw ConfigError(key +
                              " is not set, and without it anybody could forge a login. "
                              "Make one with \"openssl rand -hex 32\" and put it into the file "
                              "or into HUBBUB_" +
                              upper(system.info.name) + "_SECRETS; or try the demo: --demo");
        }
        for (auto const& secret : secrets) {
            if (secret.size() < min_secret_bytes) {
                throw ConfigError(key + " holds one shorter than " +
                                  std::to_string(min_secret_bytes) + " characters");
            }
        }
    }
    auto const options = server_options(config);
    try {
        engineio::net::check_options(options.http);
        socketio::check_limits(options);
        engineio::check_options(socketio::engine_options(options));
    } catch (std::invalid_argument const& error) {
        throw ConfigError(error.what());
    }
}

}  // namespace apps::server
