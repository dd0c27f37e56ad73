#include "engineio/config.hpp"

#include "engineio/engine_group.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

namespace config_test {

using namespace engineio;
using namespace std::chrono_literals;

TEST_CASE("config: the defaults are servable, nonsense is refused by name") {
    CHECK_NOTHROW(check_options({}));
    auto const refuses = [](std::string_view option, auto change) {
        Options options;
        change(options);
        try {
            check_options(options);
            FAIL("accepted: " << option);
        } catch (std::invalid_argument const& error) {
            CHECK(std::string_view(error.what()).starts_with(option));
        }
    };
    refuses("path", [](auto& o) { o.path = "rt"; });
    refuses("transports", [](auto& o) { o.transports = {}; });
    refuses("transports", [](auto& o) { o.transports = {"polling", "webtransport"}; });
    refuses("ping_interval", [](auto& o) { o.ping_interval = 0ms; });
    refuses("ping_timeout", [](auto& o) { o.ping_timeout = -1ms; });
    refuses("upgrade_timeout", [](auto& o) { o.upgrade_timeout = 0ms; });
    refuses("destroy_upgrade_timeout", [](auto& o) { o.destroy_upgrade_timeout = 0ms; });
    refuses("per_message_deflate", [](auto& o) { o.per_message_deflate.level = 10; });
    refuses("per_message_deflate",
            [](auto& o) { o.per_message_deflate.server_max_window_bits = 7; });
    refuses("per_message_deflate",
            [](auto& o) { o.per_message_deflate.client_max_window_bits = 16; });
    refuses("http_compression", [](auto& o) { o.http_compression->level = 11; });
    refuses("cookie", [](auto& o) { o.cookie = CookieOptions{.name = "a;b"}; });
}

TEST_CASE("engine_group: a custom id belongs to one shard until it is released") {
    EngineGroup group{Options()};
    CHECK_FALSE(group.shard_of("a"));
    CHECK(group.claim("a", 3));
    CHECK_FALSE(group.claim("a", 1));
    CHECK(group.shard_of("a") == 3U);
    group.release("a");
    CHECK_FALSE(group.shard_of("a"));
    CHECK(group.claim("a", 1));
}

}  // namespace config_test
