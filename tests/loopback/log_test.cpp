// Who is named by the log when a limit is met: the client, also behind a proxy that is trusted.
#include "tests/loopback/met_limits.hpp"
#include "tests/loopback/running_server.hpp"

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace loopback_log_test {

using namespace loopback;
using namespace std::chrono_literals;
using socketio::ServerOptions;

namespace {

// What is logged while `play` has a server of these options behind a trusted proxy.
std::string all_logged(ServerOptions options, std::function<void(RunningServer&)> const& set_up,
                       std::function<void(RunningServer&)> const& play) {
    std::ostringstream out;
    auto const before = spdlog::default_logger();
    auto const sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(out);
    sink->set_pattern("%v");
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink));
    {
        options.http.trust_proxy = {"loopback"};
        RunningServer server(std::move(options));
        set_up(server);
        server.run();
        play(server);
    }
    spdlog::set_default_logger(before);
    return out.str();
}

// Of that, what the limits say first.
std::string logged(ServerOptions options, std::function<void(RunningServer&)> const& play) {
    auto const set_up = [](RunningServer& server) {
        server.io.on("flood", [](socketio::Socket& socket) {
            for (int i = 0; i < 32; ++i) {
                socket.emit("flood", std::string(1 << 20, 'x'));
            }
        });
    };
    auto const text = all_logged(std::move(options), set_up, play);
    auto const from = text.find("limits: ");
    return from == std::string::npos ? text : text.substr(from, text.find('\n', from) - from);
}

// Lines that say that a function of the application threw, longest first.
std::vector<std::string> thrown(std::string const& log) {
    std::vector<std::string> lines;
    std::istringstream in(log);
    for (std::string line; std::getline(in, line);) {
        if (line.find("threw") != std::string::npos) {
            lines.push_back(line);
        }
    }
    std::ranges::sort(lines, std::greater(), &std::string::size);
    return lines;
}

constexpr auto forwarded = "X-Forwarded-For: 203.0.113.7\r\n";

// Until the server has closed its WebSocket.
void wait_for_end(Peer& peer) {
    do {
        peer.read();
    } while (peer.first != close_frame && peer.first != -1);
}

std::string of_peer(ServerOptions options, std::string const& frame, int first = text_frame) {
    return logged(std::move(options), [&](RunningServer& server) {
        Peer peer(server, "40", forwarded);
        peer.client.send_frame(first, frame);
        wait_for_end(peer);
    });
}

}  // namespace

TEST_CASE("a WebSocket that meets a limit is named by its client's address") {
    ServerOptions options;
    SUBCASE("packets") {
        options.limits.session.packet_rate = {1, 1h};
        CHECK(of_peer(options, "3") == "limits: packet_rate met by 203.0.113.7");
    }
    SUBCASE("bytes in a time") {
        options.max_http_buffer_size = 50;
        options.limits.session.byte_rate = {50, 1h};
        CHECK(of_peer(options, "3" + std::string(49, 'x')) ==
              "limits: byte_rate met by 203.0.113.7");
    }
    SUBCASE("bytes of a message") {
        options.max_http_buffer_size = 50;
        CHECK(of_peer(options, std::string(51, 'x')) ==
              "limits: max_http_buffer_size met by 203.0.113.7");
    }
    SUBCASE("frames of a message") {
        options.limits.session.max_fragments = 2;
        CHECK(logged(options, [](RunningServer& server) {
                  Peer peer(server, "40", forwarded);
                  for (int const first : {0x01, 0x00, 0x80}) {
                      peer.client.send_frame(first, "4");
                  }
                  wait_for_end(peer);
              }) == "limits: max_fragments met by 203.0.113.7");
    }
    SUBCASE("bytes it does not read") {
        options.limits.session.max_buffered_bytes = 1 << 20;
        CHECK(logged(options, [](RunningServer& server) {
                  Peer peer(server, "40", forwarded);
                  peer.read();
                  peer.say(R"(42["flood"])");
                  peer.client.read_all();
              }) == "limits: max_buffered_bytes met by 203.0.113.7");
    }
}

TEST_CASE("an upgrade that nobody claims is named by its client's address") {
    ServerOptions options;
    options.limits.session.max_unclaimed_upgrades = 1;
    options.destroy_upgrade_timeout = 1h;
    CHECK(logged(options, [](RunningServer& server) {
              auto const strange = "GET /strange HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                                   "Upgrade: websocket\r\n" +
                                   std::string(forwarded) + "\r\n";
              auto const held = [&] {
                  return heard(server.io.runtime(), server.port, strange,
                               &engineio::net::Metrics::http_requests);
              };
              // Each is heard before the next is sent, so the first is the one that is cut.
              auto const first = held();
              auto const second = held();
              first->read_all();
          }) == "limits: max_unclaimed_upgrades met by 203.0.113.7");
}

TEST_CASE("exceptions of handlers are logged seldom, whatever names a peer gives to its events") {
    constexpr std::uint64_t count = 1000;
    std::uint64_t counted = 0;
    auto const thrown_by = [&](std::function<std::string(std::size_t)> const& event) {
        auto const set_up = [](RunningServer& server) {
            server.io.on("boom", [](std::string text) { static_cast<void>(std::stoi(text)); });
            server.io.on_any([](socketio::Socket&, socketio::Event const& seen) {
                if (seen.name != "boom") {
                    throw std::runtime_error(std::string(5'000, 'e'));
                }
            });
        };
        auto const play = [&](RunningServer& server) {
            Peer peer(server);
            CHECK(peer.read().starts_with("40"));
            for (std::size_t i = 0; i < count; ++i) {
                peer.say(event(i));
            }
            do {
                counted = metrics_of(server.io.runtime()).handler_exceptions;
            } while (counted < count);
        };
        return thrown(all_logged({}, set_up, play));
    };
    CHECK(thrown_by([](std::size_t) { return R"(42["boom","x"])"; }) ==
          std::vector<std::string>{"socketio: the function for \"boom\" threw: stoi"});
    CHECK(counted == count);
    auto const lines = thrown_by([](std::size_t i) {
        return R"(42["any )" + std::to_string(i) + std::string(10'000, 'x') + R"("])";
    });
    // As many as are told apart, and one for all others.
    CHECK(lines.size() == engineio::limits::max_seldom_names + 1);
    CHECK(lines.front().size() < 1'300);
    CHECK(counted == count);
}

}  // namespace loopback_log_test
