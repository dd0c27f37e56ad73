#include "tests/loopback/raw_client.hpp"
#include "tests/loopback/test_server.hpp"

#include <doctest/doctest.h>

namespace hand_over_test {

using namespace engineio::net;
using namespace loopback;

namespace {

// Two shards; /at/<n> is answered by shard n, wherever it arrives.
struct TwoShards {
    TwoShards() : server(2) {
        for (unsigned here = 0; here < 2; ++here) {
            server.router(here).add_prefix("/at/", [here](Request request, Responder responder) {
                unsigned const wanted = request.target[4] == '1' ? 1 : 0;
                if (wanted != here) {
                    responder.hand_over(wanted);
                    CHECK_FALSE(static_cast<bool>(responder));
                    return;
                }
                responder.respond({200, {}, request.target, false});
            });
        }
        server.serve_echo();
        server.run();
    }
    TestServer server;
};

std::string get(std::string const& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

}  // namespace

TEST_CASE_FIXTURE(TwoShards, "a connection moves to the shard its request belongs to") {
    for (int i = 0; i < 4; ++i) {
        RawClient client(server.port());
        client.send(get("/at/1"));
        CHECK(client.read_answer().ends_with("/at/1"));
        client.send(get("/at/0"));
        CHECK(client.read_answer().ends_with("/at/0"));
    }
}

TEST_CASE_FIXTURE(TwoShards, "pipelined requests survive every move in order") {
    RawClient client(server.port());
    std::string requests;
    for (int i = 0; i < 200; ++i) {
        requests += get("/at/" + std::to_string(i % 2) + "/" + std::to_string(i));
    }
    client.send(requests.substr(0, 1000));
    client.send(requests.substr(1000));
    for (int i = 0; i < 200; ++i) {
        auto const target = "/at/" + std::to_string(i % 2) + "/" + std::to_string(i);
        CHECK(client.read_answer().ends_with("\r\n\r\n" + target));
    }
}

TEST_CASE_FIXTURE(TwoShards, "an upgrade with frames behind it works after a move") {
    for (int shard = 0; shard < 2; ++shard) {
        RawClient client(server.port());
        client.send(get("/at/" + std::to_string(shard)) + websocket_request());
        CHECK(client.read_answer().ends_with(std::to_string(shard)));
        client.read_until("\r\n\r\n");
        client.send_frame(0x81, "moved");
        int first = 0;
        CHECK(client.read_frame(first) == "moved");
    }
}

TEST_CASE_FIXTURE(TwoShards, "stop with connections on their way between shards") {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<RawClient>(server.port()));
        for (int k = 0; k < 20; ++k) {
            clients.back()->send(get("/at/" + std::to_string(k % 2)));
        }
    }
    server.stop();
    for (auto& client : clients) {
        client->read_all();
    }
}

}  // namespace hand_over_test
