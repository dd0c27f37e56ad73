#include "apps/server/config.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace apps::server;

namespace {

std::string complaint(std::string const& toml) {
    Config config;
    try {
        apply_toml(config, toml, "f.toml");
    } catch (ConfigError const& error) {
        return error.what();
    }
    return {};
}

Environment environment(std::map<std::string, std::string> const& variables) {
    return [&variables](char const* name) {
        auto const found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
}

}  // namespace

TEST_CASE("a file changes what it names") {
    Config config;
    apply_toml(config,
               "[server]\nthreads = 3\ncompression = false\nhost = \"::1\"\n"
               "[eliza]\nport = 0\n",
               "f.toml");
    CHECK(config.server.threads == 3);
    CHECK_FALSE(config.server.compression);
    CHECK(config.server.host == "::1");
    CHECK(config.eliza.port == 0);
    CHECK(config.dungeonlab.port == 3000);
}

TEST_CASE("mistakes in a file are named with their line") {
    CHECK(complaint("[server]\nthreads = 1\nthraeds = 2\n") ==
          "f.toml:3: unknown key \"server.thraeds\"");
    CHECK(complaint("\n[sever]\n") == "f.toml:2: unknown section or key \"sever\"");
    CHECK(complaint("port = 1\n") == "f.toml:1: unknown section or key \"port\"");
    CHECK(complaint("server = 1\n") == "f.toml:1: unknown section or key \"server\"");
    CHECK(complaint("[server]\nthreads = \"2\"\n") == "f.toml:2: threads must be a whole number");
    CHECK(complaint("[server]\nhost = 2\n") == "f.toml:2: host must be a text in quotes");
    CHECK(complaint("[eliza]\nenabled = 1\n") == "f.toml:2: enabled must be true or false");
    CHECK(complaint("[eliza]\nport = 65536\n") == "f.toml:2: port must be between 0 and 65535");
    CHECK(complaint("[server]\nthreads =\n").substr(0, 9) == "f.toml:2:");
}

TEST_CASE("variables win over the file") {
    Config config;
    apply_toml(config, "[dungeonlab]\nport = 4000\nenabled = true\n", "f.toml");
    std::map<std::string, std::string> const variables{{"HUBBUB_DUNGEONLAB_PORT", "5000"},
                                                       {"HUBBUB_DUNGEONLAB_ENABLED", "false"},
                                                       {"HUBBUB_SERVER_LOG_LEVEL", "debug"}};
    apply_environment(config, environment(variables));
    CHECK(config.dungeonlab.port == 5000);
    CHECK_FALSE(config.dungeonlab.enabled);
    CHECK(config.server.log_level == "debug");
}

TEST_CASE("mistakes in variables are named") {
    Config config;
    std::map<std::string, std::string> variables{{"HUBBUB_ELIZA_PORT", "80x"}};
    CHECK_THROWS_AS(apply_environment(config, environment(variables)), ConfigError);
    variables = {{"HUBBUB_ELIZA_PORT", "70000"}};
    CHECK_THROWS_AS(apply_environment(config, environment(variables)), ConfigError);
    variables = {{"HUBBUB_ELIZA_ENABLED", "maybe"}};
    CHECK_THROWS_AS(apply_environment(config, environment(variables)), ConfigError);
}

TEST_CASE("the printed configuration reads back the same") {
    Config config;
    config.server.host = "a \"quoted\" \\ host";
    config.server.threads = 7;
    config.eliza.enabled = false;
    auto const text = to_toml(config);
    Config again;
    apply_toml(again, text, "f.toml");
    CHECK(to_toml(again) == text);
    CHECK(again.server.host == config.server.host);
    CHECK_FALSE(again.eliza.enabled);
}
