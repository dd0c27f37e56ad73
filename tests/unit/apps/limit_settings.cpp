// The section [limits]: every limit of the options has a setting, and every setting its effect.

#include "apps/server/server_options.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

namespace limit_settings_test {

using namespace apps::server;

namespace {

std::int64_t number(std::size_t value) {
    return static_cast<std::int64_t>(value);
}

std::int64_t number(std::chrono::milliseconds value) {
    return value.count();
}

// All limits there are. A new one does not compile here before it is listed, and then it needs a
// setting.
std::vector<std::int64_t> numbers(socketio::ServerOptions const& options) {
    std::vector<std::int64_t> all;
    auto const list = [&all](auto const&... values) { (all.push_back(number(values)), ...); };
    auto const& [headers, request, keep_alive, trust_proxy, forwarded_header, allowed_hosts, head,
                 fields, pipelined, answers, connections, of_address, half_open] = options.http;
    static_cast<void>(trust_proxy);  // no limits
    static_cast<void>(forwarded_header);
    static_cast<void>(allowed_hosts);
    list(headers, request, keep_alive, head, fields, pipelined, answers, connections, of_address,
         half_open);
    auto const& [packet, session, rooms, room_bytes, sockets, auth_bytes, acks, answer_bytes,
                 middleware, handlers, closing, bytes, bytes_closing, dynamic] = options.limits;
    static_cast<void>(dynamic);  // no system has dynamic namespaces
    list(rooms, room_bytes, sockets, auth_bytes, acks, answer_bytes, middleware, handlers, closing,
         bytes, bytes_closing);
    auto const& [attachments, attachment_bytes, depth] = packet;
    list(attachments, attachment_bytes, depth);
    auto const& [packets, fragments, packet_rate, byte_rate, handshakes, handshakes_of_address,
                 sessions, sessions_of_address, upgrades, unclaimed, high_water, buffered] =
        session;
    static_cast<void>(unclaimed);  // our systems answer upgrades of every path
    list(packets, fragments, sessions, sessions_of_address, upgrades, high_water, buffered);
    for (auto const& rate : {packet_rate, byte_rate, handshakes, handshakes_of_address}) {
        auto const& [count, interval] = rate;
        list(static_cast<std::size_t>(count), interval);
    }
    list(options.tls.value().handshake_timeout, options.upgrade_timeout, options.connect_timeout);
    return all;
}

Config with_tls() {
    Config config;
    config.server.tls_cert = "chain.pem";
    return config;
}

std::string complaint(std::string const& rows) {
    Config config;
    try {
        apply_toml(config, "[limits]\n" + rows, "f.toml");
        check(config);
    } catch (ConfigError const& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("every limit has a setting, and each setting changes its limit and no other") {
    auto fresh = with_tls();
    auto const before = numbers(server_options(fresh));
    std::set<std::size_t> settable;
    for (auto const& setting : limit_settings(fresh.limits)) {
        CAPTURE(setting.key);
        auto const now = number_of(setting);
        auto const other = now < setting.high ? now + 1 : now - 1;
        auto config = with_tls();
        apply_toml(config, "[limits]\n" + setting.key + " = " + std::to_string(other), "f.toml");
        auto const after = numbers(server_options(config));
        std::vector<std::size_t> changed;
        for (std::size_t i = 0; i < before.size(); ++i) {
            if (after[i] != before[i]) {
                changed.push_back(i);
            }
        }
        REQUIRE(changed.size() == 1);
        CHECK(before[changed.front()] == now);
        CHECK(after[changed.front()] == other);
        CHECK(settable.insert(changed.front()).second);
    }
    CHECK(settable.size() == before.size());
}

TEST_CASE("the limits of a fresh configuration are the options' own") {
    socketio::ServerOptions defaults;
    defaults.tls.emplace();
    CHECK(numbers(server_options(with_tls())) == numbers(defaults));
    CHECK_NOTHROW(check(Config()));
}

TEST_CASE("limits are set by the file, by variables and by flags") {
    Config config;
    auto const reads = [](char const* name) {
        return std::string(name) == "HUBBUB_LIMITS_PACKET_RATE" ? "30" : nullptr;
    };
    apply_toml(config, "[limits]\npacket_rate = 20\nmiddleware_timeout_ms = 5\n", "f.toml");
    apply_environment(config, reads);
    CHECK(config.limits.sockets.session.packet_rate.count == 30);
    CHECK(config.limits.sockets.middleware_timeout.count() == 5);
    CHECK(to_toml(config).find("\npacket_rate = 30\n") != std::string::npos);
    std::set<std::string> flags;
    for (auto const& setting : settings_of(config)) {
        CHECK(flags.insert(setting.flag).second);
    }
    CHECK(flags.contains("--packet-rate-interval"));
    CHECK(flags.contains("--max-connections-per-address"));
}

TEST_CASE("mistakes in the limits are named with their line and with what is allowed") {
    CHECK(complaint("max_rooms = 0\n") == "f.toml:2: max_rooms must be between 1 and 4294967295");
    CHECK(complaint("\nmax_json_depth = 513") ==
          "f.toml:3: max_json_depth must be between 1 and 512");
    CHECK(complaint("max_json_depth = 512") == "");
    CHECK(complaint("headers_timeout_ms = -1") ==
          "f.toml:2: headers_timeout_ms must be between 0 and 3600000");
    CHECK(complaint("packet_rate = 1.5") == "f.toml:2: packet_rate must be a whole number");
    CHECK(complaint("max_conections = 5") ==
          "f.toml:2: unknown key \"limits.max_conections\"; --print-config lists all");
}

TEST_CASE("limits that contradict each other are refused by name") {
    CHECK(complaint("high_water_bytes = 200\nmax_buffered_bytes = 199") ==
          "high_water_bytes: more than max_buffered_bytes");
    CHECK(complaint("byte_rate = 999999") ==
          "byte_rate: less than one message of max_http_buffer_size");
    CHECK(complaint("byte_rate = 1000000") == "");
    CHECK(complaint("max_unfinished_handlers = 5\nmax_unfinished_handlers_closing = 5") ==
          "limits.max_unfinished_handlers_closing: must be more than "
          "limits.max_unfinished_handlers");
}

}  // namespace limit_settings_test
