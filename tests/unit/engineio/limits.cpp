// The limits that need no socket: each at its number, one below and one above. Those a peer meets
// on the wire are in tests/loopback/limits_test.cpp and session_limits_test.cpp.

#include "engineio/config.hpp"
#include "engineio/handshake_rates.hpp"
#include "engineio/net/address_group.hpp"
#include "engineio/net/admission.hpp"
#include "engineio/net/http_parse.hpp"
#include "engineio/net/peer_rates.hpp"
#include "engineio/net/ws_codec.hpp"
#include "tests/rig/allocated.hpp"
#include "tests/rig/session_rig.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <limits>
#include <stdexcept>
#include <vector>

namespace limits_test {

using namespace engineio;
using namespace std::chrono_literals;

namespace {

net::TokenBucket::TimePoint const start{};

using Seats = std::vector<std::unique_ptr<net::Admission::Seat>>;

// "" if there was a seat, else the limit.
std::string enter(net::Admission& admission, Seats& seats, std::string_view address) {
    auto seat = admission.enter(address);
    if (!seat) {
        return std::string(seat.error());
    }
    seats.push_back(std::move(*seat));
    return {};
}

std::string verdict(HandshakeRates& rates, std::string_view address,
                    net::TokenBucket::TimePoint now = start) {
    auto const refusal = rates.refuses(address, now);
    return refusal
               ? std::string(refusal->limit) + " " + std::to_string(refusal->retry_after.count())
               : "admitted";
}

template <class Options, class Change>
void refused(std::string_view option, Change change) {
    Options options;
    change(options);
    try {
        check_options(options);
        FAIL_CHECK("accepted: " << option);
    } catch (std::invalid_argument const& error) {
        CHECK(std::string_view(error.what()).starts_with(option));
    }
}

}  // namespace

TEST_CASE("limits: nonsense is refused by name") {
    CHECK_NOTHROW(net::check_options(net::HttpOptions{}));
    using Http = net::HttpOptions;
    refused<Http>("headers_timeout", [](auto& o) { o.headers_timeout = -1ms; });
    refused<Http>("request_timeout", [](auto& o) { o.request_timeout = -1ms; });
    refused<Http>("keep_alive_timeout", [](auto& o) { o.keep_alive_timeout = -1ms; });
    refused<Http>("max_header_size", [](auto& o) { o.max_header_size = 0; });
    refused<Http>("max_header_size", [](auto& o) { o.max_header_size = (16 << 20) + 1; });
    refused<Options>("max_payload_packets", [](auto& o) { o.limits.max_payload_packets = 0; });
    refused<Options>("max_fragments", [](auto& o) { o.limits.max_fragments = 0; });
    refused<Options>("max_buffered_bytes", [](auto& o) { o.limits.max_buffered_bytes = 0; });
    refused<Options>("max_buffered_bytes", [](auto& o) {
        o.limits.max_buffered_bytes = std::size_t{std::numeric_limits<std::uint32_t>::max()} + 1;
    });
    refused<Options>("high_water_bytes",
                     [](auto& o) { o.limits.high_water_bytes = o.limits.max_buffered_bytes + 1; });
    refused<Options>("max_unclaimed_upgrades",
                     [](auto& o) { o.limits.max_unclaimed_upgrades = 0; });
    refused<Options>("packet_rate", [](auto& o) { o.limits.packet_rate = {0.5, 1s}; });
    refused<Options>("packet_rate", [](auto& o) { o.limits.packet_rate = {5, 0s}; });
    refused<Options>("byte_rate", [](auto& o) { o.limits.byte_rate = {999'999, 1s}; });
    refused<Options>("handshake_rate", [](auto& o) { o.limits.handshake_rate = {-1, 1s}; });
    refused<Options>("handshake_rate_per_address", [](auto& o) {
        o.limits.handshake_rate_per_address = {1, -1s};
    });
}

TEST_CASE("limits: addresses are counted by what one peer can have of them") {
    CHECK(net::address_group("192.0.2.1") == "192.0.2.1");
    CHECK(net::address_group("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
    CHECK(net::address_group("2001:DB8:1:2::7") == "2001:db8:1:2::/64");
    CHECK(net::address_group("2001:db8:1:3::7") == "2001:db8:1:3::/64");
    CHECK(net::address_group("::1") == "::/64");
    CHECK(net::address_group("fe80::1%eth0") == "fe80::1%eth0");
    CHECK(net::address_group(std::string(100, ':')) == std::string(100, ':'));
    CHECK(net::address_group("").empty());
}

TEST_CASE("limits: only so many connections") {
    auto const admission = net::Admission::make({"max_connections", 3}, {"", 0});
    Seats seats;
    CHECK(enter(*admission, seats, "192.0.2.1") == "");
    CHECK(enter(*admission, seats, "192.0.2.1") == "");
    CHECK(enter(*admission, seats, "") == "");  // a Unix socket is a connection like any
    CHECK(enter(*admission, seats, "192.0.2.9") == "max_connections");
    CHECK(admission->addresses() == 0);
    seats.pop_back();
    CHECK(enter(*admission, seats, "192.0.2.9") == "");
    CHECK(enter(*admission, seats, "192.0.2.9") == "max_connections");
}

TEST_CASE("limits: addresses that have gone are forgotten, and what it took to know them") {
    auto const admission = net::Admission::make({"", 0}, {"max_connections_per_address", 2});
    Seats seats;
    auto const before = rig::allocated_bytes();
    for (int i = 0; i < 20'000; ++i) {
        enter(*admission, seats, fmt::format("2001:db8:{:x}::1", i));
    }
    CHECK(admission->addresses() == 20'000);
    Seats().swap(seats);
    CHECK(admission->addresses() == 0);
    CHECK(rig::allocated_bytes() < before + 10'000);
}

TEST_CASE("limits: only so many connections of an address") {
    auto const admission = net::Admission::make({"", 0}, {"max_connections_per_address", 2});
    Seats seats;
    CHECK(enter(*admission, seats, "192.0.2.1") == "");
    CHECK(enter(*admission, seats, "192.0.2.1") == "");
    CHECK(enter(*admission, seats, "192.0.2.1") == "max_connections_per_address");
    CHECK(enter(*admission, seats, "192.0.2.2") == "");
    CHECK(enter(*admission, seats, "2001:db8::1") == "");
    CHECK(enter(*admission, seats, "2001:db8::2") == "");
    CHECK(enter(*admission, seats, "2001:db8::3") == "max_connections_per_address");
    CHECK(enter(*admission, seats, "2001:db8:0:1::3") == "");
    for (int i = 0; i < 5; ++i) {
        CHECK(enter(*admission, seats, "") == "");
    }
    CHECK(admission->addresses() == 4);
    seats.erase(seats.begin());
    CHECK(enter(*admission, seats, "192.0.2.1") == "");
    CHECK(enter(*admission, seats, "192.0.2.1") == "max_connections_per_address");
    seats.clear();
    CHECK(admission->addresses() == 0);  // nothing is kept of who has gone
}

TEST_CASE("limits: connections are not counted without the options") {
    CHECK_FALSE(net::Admission::make(net::HttpOptions{}));
    net::HttpOptions options;
    options.max_connections_per_address = 1;
    CHECK(net::Admission::make(options));
}

TEST_CASE("limits: sessions begin so often and no oftener") {
    HandshakeRates rates({2, 10s}, {});
    CHECK(verdict(rates, "192.0.2.1") == "admitted");
    CHECK(verdict(rates, "") == "admitted");
    CHECK(verdict(rates, "192.0.2.2") == "handshake_rate 5");
    CHECK(verdict(rates, "192.0.2.2", start + 4'999ms) == "handshake_rate 1");
    CHECK(verdict(rates, "192.0.2.2", start + 5s) == "admitted");
    CHECK(verdict(rates, "192.0.2.2", start + 5s) == "handshake_rate 5");
}

TEST_CASE("limits: who begins sessions too often takes nothing from the others") {
    HandshakeRates rates({3, 10s}, {1, 10s});
    CHECK(verdict(rates, "2001:db8::1") == "admitted");
    for (int i = 2; i < 100; ++i) {
        CHECK(verdict(rates, "2001:db8::" + std::to_string(i)) == "handshake_rate_per_address 10");
    }
    CHECK(verdict(rates, "192.0.2.1") == "admitted");
    CHECK(verdict(rates, "192.0.2.2") == "admitted");
    CHECK(verdict(rates, "192.0.2.3") == "handshake_rate 4");
    CHECK(verdict(rates, "2001:db8::1", start + 10s) == "admitted");
}

TEST_CASE("limits: the peers of Unix sockets share no rate") {
    HandshakeRates rates({}, {1, 1h});
    for (int i = 0; i < 10; ++i) {
        CHECK(verdict(rates, "") == "admitted");
    }
}

TEST_CASE("limits: packets and bytes of a peer") {
    CHECK_FALSE(net::PeerRates::make({}, {}, start));
    auto const packets = net::PeerRates::make({2, 1s}, {}, start);
    CHECK(packets->takes_packet(start));
    CHECK(packets->takes_packet(start));
    CHECK_FALSE(packets->takes_packet(start));
    CHECK(packets->takes_packet(start + 500ms));
    CHECK(packets->takes_bytes(start, SIZE_MAX));
    auto const bytes = net::PeerRates::make({}, {100, 1s}, start);
    CHECK(bytes->takes_bytes(start, 99));
    CHECK_FALSE(bytes->takes_bytes(start, 2));
    CHECK(bytes->takes_bytes(start, 1));
    CHECK_FALSE(bytes->takes_bytes(start, 1));
    CHECK(bytes->takes_bytes(start + 1s, 100));
    CHECK(bytes->takes_packet(start));
}

TEST_CASE("limits: surplus header fields are dropped") {
    auto const fields = [](std::size_t limit) {
        net::RequestParser parser(1000, limit);
        net::Request request;
        REQUIRE(parser.parse_head("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\n\r\n", request));
        return std::pair(request.headers.size(), parser.fields_dropped());
    };
    CHECK(fields(2) == std::pair(std::size_t{2}, true));
    CHECK(fields(3) == std::pair(std::size_t{3}, false));
    CHECK(fields(4) == std::pair(std::size_t{3}, false));
    CHECK(fields(0) == std::pair(std::size_t{3}, false));
}

TEST_CASE("limits: a parsed head leaves nothing behind, whatever its fields") {
    std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (int i = 0; i < 1500; ++i) {
        head += "x" + std::to_string(i) + ":\r\n";
    }
    head += "\r\n";
    REQUIRE(head.size() < limits::max_header_bytes);
    net::RequestParser parser;
    auto const before = rig::allocated_bytes();
    {
        net::Request request;
        REQUIRE(parser.parse_head(head, request));
        CHECK(request.headers.size() == 1501);
    }
    CHECK(rig::allocated_bytes() - before < 4096);
}

TEST_CASE("limits: a queue nobody fetches, at its last byte") {
    Options options;
    options.limits.max_buffered_bytes = 1000;
    rig::Play play(options, 4);
    play.start(TransportName::polling);
    auto const send = [&](std::size_t bytes) {
        auto const message =
            net::Message::make(net::MessageKind::text, "4" + std::string(bytes - 1, 'x'));
        play.shard.turn([&] { play.session->send({&message, 1}); });
    };
    send(999);
    CHECK(play.closes.empty());
    send(1);
    CHECK(play.session->buffered_bytes() == 1000);
    CHECK(play.closes.empty());
    send(1);
    REQUIRE(play.closes.size() == 1);
    CHECK(play.closes.front().second == "too many packets queued");
    CHECK(play.shard.metrics().limit_hits.at("max_buffered_bytes") == 1);
}

TEST_CASE("limits: an answer nobody reads counts with what waits behind it") {
    auto const lives = [](std::size_t unwritten, std::size_t queued, std::size_t taken = 0) {
        Options options;
        options.limits.max_buffered_bytes = 1000;
        rig::Play play(options, 4);
        play.start(TransportName::polling);
        play.transport->unwritten = unwritten;
        play.transport->taken_by_flush = taken;
        auto const message =
            net::Message::make(net::MessageKind::text, "4" + std::string(queued - 1, 'x'));
        play.shard.turn([&] {
            play.session->send({&message, 1});
            CHECK(play.closes.empty());
            CHECK(play.session->buffered_bytes() == unwritten + queued);
        });
        if (!play.closes.empty()) {
            CHECK(play.closes.front().first == CloseReason::transport_error);
            CHECK(play.closes.front().second == "too many packets queued");
            CHECK(play.shard.metrics().limit_hits.at("max_buffered_bytes") == 1);
            CHECK(play.shard.metrics().slow_readers_closed == 1);
            CHECK(play.transport->unwritten == 0);  // given up
        }
        return play.closes.empty();
    };
    CHECK(lives(600, 399));
    CHECK(lives(600, 400));
    CHECK_FALSE(lives(600, 401));
    CHECK(lives(600, 401, 1));  // which the kernel takes
    CHECK_FALSE(lives(600, 402, 1));
    CHECK_FALSE(lives(2000, 1));
}

TEST_CASE("limits: what is compressed in a turn") {
    net::TurnCompression compression;
    auto const gzip = [&](char fill, std::size_t bytes) {
        auto const body = std::string(bytes, fill);
        auto const made = compression.compress(net::ContentEncoding::gzip, body, 1);
        CHECK((!made || *made == net::deflate_body(net::ContentEncoding::gzip, body, 1)));
        return made.has_value();
    };
    auto const most = limits::max_compression_bytes_per_turn;
    CHECK(gzip('a', most - 10));
    CHECK(gzip('a', most - 10));  // the same once more costs nothing
    CHECK_FALSE(
        compression.compress(net::ContentEncoding::deflate, std::string(most - 10, 'a'), 1));
    CHECK_FALSE(compression.compress(net::ContentEncoding::gzip, std::string(most - 10, 'a'), 2));
    CHECK_FALSE(gzip('b', 11));
    CHECK(gzip('b', 10));
    CHECK_FALSE(gzip('c', 1));
    CHECK(gzip('b', 10));
    compression.end_turn();
    CHECK_FALSE(gzip('a', most + 1));
    CHECK(gzip('a', most));
}

TEST_CASE("limits: small packets nobody fetches count for more than their bytes") {
    Options options;
    options.limits.max_buffered_bytes = 6'400;
    rig::Play play(options, 4);
    play.start(TransportName::polling);
    auto const message = net::Message::make(net::MessageKind::text, "4");
    auto const send = [&](int times) {
        for (int i = 0; i < times; ++i) {
            play.shard.turn([&] { play.session->send({&message, 1}); });
        }
    };
    send(100);
    CHECK(play.closes.empty());
    CHECK(play.session->buffered_bytes() == 100);
    send(1);
    REQUIRE(play.closes.size() == 1);
    CHECK(play.closes.front().second == "too many packets queued");
    CHECK(play.shard.metrics().limit_hits.at("max_buffered_bytes") == 1);
}

TEST_CASE("limits: a client is writable up to the high water") {
    auto const writable_behind = [](std::size_t high_water, std::size_t bytes) {
        Options options;
        options.limits.high_water_bytes = high_water;
        rig::Play play(options, 4);
        play.start(TransportName::polling);
        auto const message = net::Message::make(net::MessageKind::text, std::string(bytes, '4'));
        play.shard.turn([&] { play.session->send({&message, 1}); });
        bool const writable = play.session->writable();
        play.shard.turn([&] { play.transport->poll(); });
        CHECK(play.session->writable() == (high_water != 0));  // its GET took all
        return writable;
    };
    CHECK_FALSE(writable_behind(0, 1));  // as in Node
    CHECK(writable_behind(100, 99));
    CHECK(writable_behind(100, 100));
    CHECK_FALSE(writable_behind(100, 101));
}

TEST_CASE("limits: unfinished upgrades are counted while they last") {
    rig::Play play(Options{}, 4);
    play.start(TransportName::polling);
    auto const unfinished = [&] { return play.shard.metrics().unfinished_upgrades; };
    auto const probe = [&] {
        play.probe = std::make_unique<rig::FakeTransport>(TransportName::websocket, *play.session);
        play.shard.turn([&] { CHECK(play.session->attach_probe(*play.probe)); });
    };
    CHECK(unfinished() == 0);
    probe();
    CHECK(unfinished() == 1);
    play.shard.advance(11s);  // upgrade_timeout
    CHECK(unfinished() == 0);
    probe();
    play.say(*play.probe, "5");
    CHECK(play.session->upgraded());
    CHECK(unfinished() == 0);
}

}  // namespace limits_test
