#include "apps/server/config.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <sstream>

namespace apps::server {

namespace {

std::string environment_name(Setting const& setting) {
    auto name = "HUBBUB_" + setting.section + "_" + setting.key;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return name;
}

void set_number(Setting const& setting, std::int64_t value, std::string const& where) {
    if (value < setting.low || value > setting.high) {
        throw ConfigError(where + ": " + setting.key + " must be between " +
                          std::to_string(setting.low) + " and " + std::to_string(setting.high));
    }
    *std::get<int*>(setting.target) = static_cast<int>(value);
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
        set_number(setting, node.value<std::int64_t>().value_or(0), where);
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
        int number = 0;
        auto const [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc() || end != value.data() + value.size()) {
            throw ConfigError(where + " must be a whole number");
        }
        set_number(setting, number, where);
    }
}

std::string place(std::string const& file_name, toml::source_region const& source) {
    return file_name + ":" + std::to_string(source.begin.line);
}

std::vector<Setting> server_settings(ServerConfig& server) {
    constexpr int hour_ms = 3'600'000;
    constexpr int max_message = 1 << 30;
    return {
        {"server", "host", "--host",
         "Addresses to listen on, separated by commas; 0.0.0.0 or :: for the whole network, "
         "unix:/path for a Unix socket",
         &server.host},
        {"server", "threads", "--threads", "Shards, each with its thread; 0: one per core",
         &server.threads, 0, 1024},
        {"server", "tls_cert", "--tls-cert", "Certificate chain (PEM) for https; empty: http",
         &server.tls_cert},
        {"server", "tls_key", "--tls-key", "Its key (PEM); SIGHUP reads both again",
         &server.tls_key},
        {"server", "trust_proxy", "--trust-proxy",
         "Proxies whose X-Forwarded-For is believed, separated by commas: addresses, networks "
         "(10.0.0.0/8), loopback, uniquelocal, unix",
         &server.trust_proxy},
        {"server", "client_dir", "--client-dir", "Folder with the socket.io client bundles",
         &server.client_dir},
        {"server", "web_dir", "--web-dir", "Folder with the demo page or your own frontend",
         &server.web_dir},
        {"server", "web_spa", "--web-spa",
         "The frontend has routes of its own: unknown paths get its index.html", &server.web_spa},
        {"server", "cors_origin", "--cors-origin", "Foreign origin allowed to connect, or *",
         &server.cors_origin},
        {"server", "ping_interval_ms", "--ping-interval", "Milliseconds between two pings",
         &server.ping_interval_ms, 10, hour_ms},
        {"server", "ping_timeout_ms", "--ping-timeout", "Milliseconds to wait for a pong",
         &server.ping_timeout_ms, 10, hour_ms},
        {"server", "max_http_buffer_size", "--max-http-buffer-size", "Bytes of one message",
         &server.max_http_buffer_size, 1, max_message},
        {"server", "compression", "--compression", "Compress for clients that offer it",
         &server.compression},
        {"server", "log_level", "--log-level", "trace, debug, info, warn, error or off",
         &server.log_level},
    };
}

}  // namespace

std::vector<Setting> settings_of(Config& config) {
    constexpr int max_port = 65535;
    auto settings = server_settings(config.server);
    auto const add = [&](std::string const& name, ProfileConfig& profile) {
        settings.push_back(
            {name, "enabled", "--" + name, "Serve the " + name + " system", &profile.enabled});
        settings.push_back({name, "port", "--" + name + "-port", "Its port; 0: any free one",
                            &profile.port, 0, max_port});
    };
    add("dungeonlab", config.dungeonlab);
    add("eliza", config.eliza);
    return settings;
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
                                  std::string(key.str()) + "\"");
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
            out << toml::value<std::string>(**text);
        } else if (auto* const* flag = std::get_if<bool*>(&setting.target)) {
            out << (**flag ? "true" : "false");
        } else {
            out << *std::get<int*>(setting.target);
        }
        out << "\n";
    }
    return out.str();
}

}  // namespace apps::server
