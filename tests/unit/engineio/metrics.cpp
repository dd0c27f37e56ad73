#include "engineio/net/metrics.hpp"

#include "engineio/net/seldom.hpp"
#include "tests/rig/captured_log.hpp"
#include "tests/rig/session_rig.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <string>

namespace metrics_test {

using namespace engineio::net;
using namespace std::chrono_literals;

TEST_CASE("shards add up and print as Prometheus text") {
    Metrics a;
    a.connections = 2;
    a.messages_in = 5;
    a.count_close("ping timeout");
    Metrics b;
    b.connections = 1;
    b.count_close("ping timeout");
    b.count_close("transport close");
    a.count_limit_hit("max_fragments");
    b.count_limit_hit("max_fragments");
    b.count_limit_hit("max_connections");
    a += b;
    CHECK(a.connections == 3);
    CHECK(a.closes.at("ping timeout") == 2);
    std::string const text = prometheus_text(a);
    CHECK(text.find("# TYPE hubbub_connections gauge\nhubbub_connections 3\n") != text.npos);
    CHECK(text.find("hubbub_messages_in_total 5\n") != text.npos);
    CHECK(text.find("hubbub_closes_total{reason=\"ping timeout\"} 2\n") != text.npos);
    CHECK(text.find("# TYPE hubbub_limit_hits_total counter\n"
                    "hubbub_limit_hits_total{limit=\"max_connections\"} 1\n"
                    "hubbub_limit_hits_total{limit=\"max_fragments\"} 2\n") != text.npos);
    CHECK(text.back() == '\n');
}

TEST_CASE("limits: one line in ten seconds says how many it stands for") {
    Seldom line;
    Seldom::TimePoint const start{};
    CHECK(line.speaks(start) == 0U);
    for (int i = 0; i < 1000; ++i) {
        CHECK_FALSE(line.speaks(start + 9'999ms));
    }
    CHECK(line.speaks(start + 10s) == 1000U);
    CHECK_FALSE(line.speaks(start + 10s));
    CHECK(line.speaks(start + 20s) == 1U);
}

TEST_CASE("limits: lines are told apart by name, those of strangers only so far") {
    constexpr auto most = engineio::limits::max_seldom_names;
    SeldomNames lines;
    Seldom::TimePoint const start{};
    auto const name = [](std::size_t i) { return "name " + std::to_string(i); };
    for (std::size_t i = 0; i < most; ++i) {
        CHECK(lines.speaks(name(i), start) == 0U);
        CHECK_FALSE(lines.speaks(name(i), start));
    }
    CHECK(lines.size() == most);
    CHECK(lines.speaks("another", start) == 0U);
    CHECK_FALSE(lines.speaks("yet another", start));
    CHECK_FALSE(lines.speaks("another", start + 9'999ms));
    CHECK(lines.size() == most);
    CHECK(lines.speaks(name(0), start + 10s) == 1U);
    // Names that were not heard of for that time make room.
    CHECK(lines.speaks("another", start + 10s) == 0U);
    CHECK(lines.size() == 2);
    CHECK_FALSE(lines.speaks(name(0), start + 11s));
}

TEST_CASE("limits: a shard counts each hit by name") {
    rig::TestShard shard;
    shard.turn([&] {
        shard.limit_hit("max_connections", "192.0.2.1");
        shard.limit_hit("max_connections", "192.0.2.1");
        shard.limit_hit("max_fragments", "");
    });
    CHECK(shard.metrics().limit_hits.at("max_connections") == 2);
    CHECK(shard.metrics().limit_hits.at("max_fragments") == 1);
}

TEST_CASE("limits: the log has a line for each of them and shard, and that seldom") {
    using engineio::limits::limit_log_interval;
    constexpr auto tick = engineio::limits::timer_tick;  // which TestShard::advance adds
    rig::CapturedLog log;
    rig::TestShard shard;
    auto const told = [&](std::string_view limit, std::string_view who) {
        shard.turn([&] { shard.limit_hit(limit, who); });
        return log.take();
    };
    CHECK(told("x", "A") == "limits: x met by A\n");
    CHECK(told("x", "A") == "");
    CHECK(told("x", "A") == "");
    CHECK(told("y", "") == "limits: y met by a local peer\n");
    shard.advance(limit_log_interval - tick);
    CHECK(told("x", "B") == "limits: x met by B, 2 more since the last line\n");
    CHECK(told("y", "B") == "limits: y met by B\n");
    shard.advance(limit_log_interval - 2 * tick);
    CHECK(told("x", "A") == "");
    shard.advance(0ms);
    CHECK(told("x", "A") == "limits: x met by A, 1 more since the last line\n");
    rig::TestShard other;
    other.turn([&] { other.limit_hit("x", "A"); });
    CHECK(log.take() == "limits: x met by A\n");
    CHECK(shard.metrics().limit_hits ==
          std::map<std::string, std::uint64_t, std::less<>>{{"x", 6}, {"y", 2}});
}

TEST_CASE("limits: what the application throws is told as seldom, by the name of its function") {
    using engineio::limits::limit_log_interval;
    rig::CapturedLog log;
    rig::TestShard shard;
    auto const told = [&](std::string_view name, std::string_view error) {
        shard.turn([&] { shard.handler_threw("app", name, error); });
        return log.take();
    };
    CHECK(told("save", "disk full") == "app: the function for \"save\" threw: disk full\n");
    CHECK(told("save", "disk full") == "");
    CHECK(told("save", "") == "");
    CHECK(told("load", "") == "app: the function for \"load\" threw\n");
    shard.advance(limit_log_interval);
    CHECK(told("save", "no disk") ==
          "app: the function for \"save\" threw: no disk, 2 more since the last line\n");
    CHECK(shard.metrics().handler_exceptions == 5);
}

}  // namespace metrics_test
