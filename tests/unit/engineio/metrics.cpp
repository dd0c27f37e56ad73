#include "engineio/net/metrics.hpp"

#include <doctest/doctest.h>

namespace metrics_test {

using namespace engineio::net;

TEST_CASE("shards add up and print as Prometheus text") {
    Metrics a;
    a.connections = 2;
    a.messages_in = 5;
    a.count_close("ping timeout");
    Metrics b;
    b.connections = 1;
    b.count_close("ping timeout");
    b.count_close("transport close");
    a += b;
    CHECK(a.connections == 3);
    CHECK(a.closes.at("ping timeout") == 2);
    std::string const text = prometheus_text(a);
    CHECK(text.find("# TYPE hubbub_connections gauge\nhubbub_connections 3\n") != text.npos);
    CHECK(text.find("hubbub_messages_in_total 5\n") != text.npos);
    CHECK(text.find("hubbub_closes_total{reason=\"ping timeout\"} 2\n") != text.npos);
    CHECK(text.back() == '\n');
}

}  // namespace metrics_test
