#include "apps/server/config.hpp"
#include "apps/server/demo_mark.hpp"
#include "apps/server/server_options.hpp"
#include "apps/store/migrations.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

namespace config_test {

using namespace apps::server;

namespace {

std::vector<SystemInfo> const infos = {
    {.name = "dungeonlab", .title = "DungeonLab", .port = 3000, .needs_secrets = true},
    {.name = "eliza",
     .title = "ElizaOS",
     .port = 3001,
     .extras = {{.key = "api_key", .help = "Key", .secret = true},
                {.key = "data_isolation", .help = "Only members", .value = false},
                {.key = "agents", .help = "How many", .value = 1, .low = 1, .high = 9}}},
};

Config fresh() {
    return Config(infos);
}

std::string refusal(Config const& config) {
    try {
        check(config);
    } catch (ConfigError const& error) {
        return error.what();
    }
    return {};
}

std::string complaint(std::string const& toml) {
    auto config = fresh();
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
    auto config = fresh();
    apply_toml(config,
               "[server]\nthreads = 3\ncompression = false\nhost = \"::1\"\n"
               "[eliza]\nport = 0\n",
               "f.toml");
    CHECK(config.server.threads == 3);
    CHECK_FALSE(config.server.compression);
    CHECK(config.server.host == "::1");
    CHECK(config.systems[1].port == 0);
    CHECK(config.systems[0].port == 3000);
}

TEST_CASE("mistakes in a file are named with their line") {
    CHECK(complaint("[server]\nthreads = 1\nthraeds = 2\n") ==
          "f.toml:3: unknown key \"server.thraeds\"; --print-config lists all");
    CHECK(complaint("\n[sever]\n") == "f.toml:2: unknown section or key \"sever\"");
    CHECK(complaint("port = 1\n") == "f.toml:1: unknown section or key \"port\"");
    CHECK(complaint("server = 1\n") == "f.toml:1: unknown section or key \"server\"");
    CHECK(complaint("[server]\nthreads = \"2\"\n") == "f.toml:2: threads must be a whole number");
    CHECK(complaint("[server]\nhost = 2\n") == "f.toml:2: host must be a text in quotes");
    CHECK(complaint("[eliza]\nenabled = 1\n") == "f.toml:2: enabled must be true or false");
    CHECK(complaint("[eliza]\nport = 65536\n") == "f.toml:2: port must be between 0 and 65535");
    CHECK(complaint("[server]\nthreads =\n").substr(0, 9) == "f.toml:2:");
}

TEST_CASE("what is compressed for one client is the same for all") {
    auto config = fresh();
    CHECK(server_options(config).per_message_deflate.enabled);
    CHECK(server_options(config).per_message_deflate.server_no_context_takeover);
    config.server.compression = false;
    CHECK_FALSE(server_options(config).per_message_deflate.enabled);
}

TEST_CASE("what only this machine reaches is for its own names and those of the origins") {
    auto config = fresh();
    using Hosts = std::vector<std::string>;
    auto const hosts = [&] { return server_options(config).http.allowed_hosts; };
    Hosts const own = {".localhost", "addresses"};
    CHECK(hosts() == own);
    config.systems[0].origins =
        "https://game.example:8443, http://[::1]:5173, *,app.example, https://a-*.example";
    CHECK(hosts() == Hosts{".localhost", "addresses", "game.example", "app.example"});
    config.systems[0].origins = "";
    for (auto const* host : {"localhost", "::1", "[::1]", "127.0.0.1, ::1"}) {
        config.server.host = host;
        CHECK(hosts() == own);
    }
    for (auto const* host : {"0.0.0.0", "127.0.0.1,192.0.2.1", "unix:/run/hubbub.sock"}) {
        config.server.host = host;
        CHECK(hosts().empty());
    }
    config.server.host = "127.0.0.1";
    config.server.trust_proxy = "loopback";
    CHECK(hosts().empty());
    config.server.allowed_hosts = "a.example, b.example";
    CHECK(hosts() == Hosts{"a.example", "b.example"});
    config.server.trust_proxy = "";
    config.server.allowed_hosts = ",";
    CHECK(hosts() == own);
    config.server.allowed_hosts = "a.example,*";
    CHECK(hosts().empty());
}

TEST_CASE("variables win over the file") {
    auto config = fresh();
    apply_toml(config, "[dungeonlab]\nport = 4000\nenabled = true\n", "f.toml");
    std::map<std::string, std::string> const variables{{"HUBBUB_DUNGEONLAB_PORT", "5000"},
                                                       {"HUBBUB_DUNGEONLAB_ENABLED", "false"},
                                                       {"HUBBUB_SERVER_LOG_LEVEL", "debug"}};
    apply_environment(config, environment(variables));
    CHECK(config.systems[0].port == 5000);
    CHECK_FALSE(config.systems[0].enabled);
    CHECK(config.server.log_level == "debug");
}

TEST_CASE("mistakes in variables are named") {
    auto config = fresh();
    std::map<std::string, std::string> variables{{"HUBBUB_ELIZA_PORT", "80x"}};
    CHECK_THROWS_AS(apply_environment(config, environment(variables)), ConfigError);
    variables = {{"HUBBUB_ELIZA_PORT", "70000"}};
    CHECK_THROWS_AS(apply_environment(config, environment(variables)), ConfigError);
    variables = {{"HUBBUB_ELIZA_ENABLED", "maybe"}};
    CHECK_THROWS_AS(apply_environment(config, environment(variables)), ConfigError);
}

TEST_CASE("variables that look like settings and are none are named") {
    char const* const variables[] = {"PATH=/bin",
                                     "HUBBUB_ELIZA_APIKEY=k",
                                     "HUBBUB_ELIZA_API_KEY=k",
                                     "HUBBUB_SERVER=x",
                                     "HUBBUB_SERVER_THRAEDS",
                                     "HUBBUB_PATIENCE=2",
                                     nullptr};
    CHECK(unknown_variables(fresh(), variables) ==
          std::vector<std::string>{"HUBBUB_ELIZA_APIKEY", "HUBBUB_SERVER_THRAEDS"});
}

TEST_CASE("no address to listen on is not the whole network") {
    auto config = fresh();
    config.systems[0].enabled = false;
    CHECK(refusal(config).empty());
    for (auto const* host : {"", " , "}) {
        config.server.host = host;
        CHECK(refusal(config).find("server.host is empty") == 0);
    }
    config.server.host = "127.0.0.1";
    config.server.metrics_host.clear();
    CHECK(refusal(config).empty());  // nobody wants any
    config.server.metrics_port = 0;
    CHECK(refusal(config).find("server.metrics_host is empty") == 0);
}

TEST_CASE("the printed configuration reads back the same") {
    auto config = fresh();
    config.server.host = "a \"quoted\" \\ host";
    config.server.threads = 7;
    config.systems[1].enabled = false;
    auto const text = to_toml(config);
    auto again = fresh();
    apply_toml(again, text, "f.toml");
    CHECK(to_toml(again) == text);
    CHECK(again.server.host == config.server.host);
    CHECK_FALSE(again.systems[1].enabled);
}

TEST_CASE("a system's own settings are read like all others") {
    auto config = fresh();
    apply_toml(config,
               "[eliza]\napi_key = \"k\"\ndata_isolation = true\nagents = 3\n"
               "origins = \"http://a\"\nfrontend = \"/srv/eliza\"\n",
               "f.toml");
    auto const& eliza = config.systems[1];
    CHECK(eliza.extra<std::string>("api_key") == "k");
    CHECK(eliza.extra<bool>("data_isolation"));
    CHECK(eliza.extra<int>("agents") == 3);
    CHECK(eliza.origins == "http://a");
    CHECK(eliza.frontend == "/srv/eliza");
    CHECK_THROWS_AS(eliza.extra<int>("api_key"), std::exception);
    CHECK(complaint("[eliza]\nagents = 10\n") == "f.toml:2: agents must be between 1 and 9");
    CHECK(complaint("[eliza]\nsecrets = \"x\"\n") ==
          "f.toml:2: unknown key \"eliza.secrets\"; --print-config lists all");
}

TEST_CASE("secrets are neither printed nor flags") {
    auto config = fresh();
    apply_toml(config, "[dungeonlab]\nsecrets = \"0123456789abcdef\"\n[eliza]\napi_key = \"k9\"\n",
               "f.toml");
    auto const text = to_toml(config);
    CHECK(text.find("0123456789abcdef") == text.npos);
    CHECK(text.find("k9") == text.npos);
    CHECK(text.find("given, not shown") != text.npos);
    for (auto const& setting : settings_of(config)) {
        CHECK(setting.secret == (setting.key == "secrets" || setting.key == "api_key"));
    }
}

TEST_CASE("no system starts with missing or weak secrets, but for the demo") {
    auto config = fresh();
    auto const words = refusal(config);
    CHECK(words.find("dungeonlab.secrets is not set") == 0);
    CHECK(words.find("openssl rand -hex 32") != words.npos);
    CHECK(words.find("HUBBUB_DUNGEONLAB_SECRETS") != words.npos);
    config.systems[0].secrets = "0123456789abcdef, short";
    CHECK(refusal(config).find("shorter than 16") != words.npos);
    config.systems[0].secrets = "0123456789abcdef, fedcba9876543210";
    CHECK(refusal(config).empty());
    config.systems[0].secrets.clear();
    config.systems[0].enabled = false;
    CHECK(refusal(config).empty());
    config.systems[0].enabled = true;
    config.server.demo = true;
    CHECK(refusal(config).empty());
}

TEST_CASE("one list chooses the systems of a start") {
    auto config = fresh();
    config.systems[1].enabled = false;
    CHECK(config.serves(config.systems[0]));
    CHECK_FALSE(config.serves(config.systems[1]));
    config.server.only = "eliza";
    CHECK_FALSE(config.serves(config.systems[0]));
    CHECK(config.serves(config.systems[1]));
    CHECK(refusal(config).empty());
    config.server.only = "eliza, nobody";
    CHECK(refusal(config) == "there is no system \"nobody\" (server.only)");
}

TEST_CASE("a database belongs to the demo or to real use, for good") {
    using apps::store::Database;
    using apps::store::StoreError;
    Database demo(":memory:");
    check_demo_mark(demo, true);
    check_demo_mark(demo, true);
    auto const secret = demo_secret(demo, "dungeonlab");
    CHECK(secret.size() > 40);
    CHECK(demo_secret(demo, "dungeonlab") == secret);
    CHECK(demo_secret(demo, "kaiku") != secret);
    CHECK_THROWS_AS(check_demo_mark(demo, false), StoreError);
    Database real(":memory:");
    check_demo_mark(real, false);
    apps::store::migrate(real, {"test", {}});
    check_demo_mark(real, false);
    CHECK_THROWS_AS(check_demo_mark(real, true), StoreError);
}

}  // namespace config_test
