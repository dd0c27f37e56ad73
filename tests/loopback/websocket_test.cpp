#include "tests/loopback/raw_client.hpp"
#include "tests/loopback/test_server.hpp"

#include <doctest/doctest.h>

namespace websocket_test {

using namespace engineio::net;
using namespace loopback;

namespace {

struct WsFixture {
    WsFixture() {
        server.serve_echo();
        server.run();
    }
    // Does the handshake.
    void open(RawClient& client) {
        client.send(websocket_request());
        head = client.read_until("\r\n\r\n");
        REQUIRE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    }

    TestServer server;
    std::string head;
    int first = 0;
};

std::string close_payload(int code) {
    return {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
}

}  // namespace

TEST_CASE_FIXTURE(WsFixture, "the 101 has its fields in the order of ws") {
    RawClient client(server.port());
    open(client);
    CHECK(head == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                  "X-Custom: yes\r\n\r\n");
}

TEST_CASE_FIXTURE(WsFixture, "frames sent together with the request are served after the 101") {
    RawClient client(server.port());
    client.send(websocket_request() + std::string("\x81\x81\0\0\0\0a\x81\x81\0\0\0\0b", 14));
    client.read_until("\r\n\r\n");
    CHECK(client.read_frame(first) == "a");
    CHECK(client.read_frame(first) == "b");
}

TEST_CASE_FIXTURE(WsFixture, "many frames sent together with the request stay in order") {
    RawClient client(server.port());
    std::string early = websocket_request();
    constexpr int frames = 12'000;  // several times the shard's read buffer
    for (int i = 0; i < frames; ++i) {
        auto const text = std::to_string(10'000 + i);
        early += std::string("\x81\x85\0\0\0\0", 6) + text;
    }
    client.send(early);
    client.read_until("\r\n\r\n");
    bool in_order = true;
    for (int i = 0; i < frames && in_order; ++i) {
        in_order = client.read_frame(first) == std::to_string(10'000 + i);
    }
    CHECK(in_order);
}

TEST_CASE_FIXTURE(WsFixture, "text, binary and fragments are echoed, pings answered between") {
    RawClient client(server.port());
    open(client);
    client.send_frame(0x81, "hello");
    CHECK(client.read_frame(first) == "hello");
    CHECK(first == 0x81);
    client.send_frame(0x82, std::string(70'000, '\x07'));
    CHECK(client.read_frame(first) == std::string(70'000, '\x07'));
    CHECK(first == 0x82);
    client.send_frame(0x01, "frag");
    client.send_frame(0x89, "are you there");
    client.send_frame(0x00, "men");
    client.send_frame(0x80, "ted");
    CHECK(client.read_frame(first) == "are you there");
    CHECK(first == 0x8A);
    CHECK(client.read_frame(first) == "fragmented");
}

TEST_CASE_FIXTURE(WsFixture, "frames may come byte by byte") {
    RawClient client(server.port());
    open(client);
    client.send_byte_by_byte(std::string("\x81\x83\0\0\0\0abc", 9));
    CHECK(client.read_frame(first) == "abc");
}

TEST_CASE_FIXTURE(WsFixture, "the peer's close is echoed, then the stream ends") {
    RawClient client(server.port());
    open(client);
    SUBCASE("with a code") {
        client.send_frame(0x88, close_payload(3001) + "bye");
        CHECK(client.read_frame(first) == close_payload(3001) + "bye");
        CHECK(server.wait_for_note("closed") == "closed 3001 ");
    }
    SUBCASE("without") {
        client.send_frame(0x88, "");
        CHECK(client.read_frame(first).empty());
        CHECK(server.wait_for_note("closed") == "closed 1005 ");
    }
    CHECK(first == 0x88);
    CHECK(client.read_all().empty());
}

TEST_CASE_FIXTURE(WsFixture, "the server's close waits for the peer's") {
    RawClient client(server.port());
    open(client);
    client.send_frame(0x81, "close me");
    client.send_frame(0x81, "ignored");
    CHECK(client.read_frame(first) == close_payload(4321) + "as you wish");
    CHECK(server.wait_for_note("closed") == "closed 4321 ");
    client.send_frame(0x88, close_payload(4321));
    CHECK(client.read_all().empty());
}

TEST_CASE_FIXTURE(WsFixture, "violations are answered with their code") {
    RawClient client(server.port());
    open(client);
    int code = 0;
    SUBCASE("unmasked") {
        client.send("\x81\x01x");
        code = 1002;
    }
    SUBCASE("invalid UTF-8") {
        client.send_frame(0x81, "\xFF");
        code = 1007;
    }
    SUBCASE("too big, from the header on") {
        client.send(std::string("\x82\xFF\0\0\0\0\xFF\0\0\0\0\0\0\0", 14));
        code = 1009;
    }
    SUBCASE("reserved bit") {
        client.send_frame(0xC1, "x");
        code = 1002;
    }
    client.send(std::string(100'000, 'x'));
    CHECK(client.read_frame(first) == close_payload(code));
    CHECK(first == 0x88);
    CHECK(client.read_all().empty());
    auto const note = server.wait_for_note("closed " + std::to_string(code));
    CHECK(note.size() > 12);
}

TEST_CASE_FIXTURE(WsFixture, "an end without a close frame is 1006 without an error") {
    RawClient client(server.port());
    open(client);
    SUBCASE("end of stream") {
        client.end_output();
    }
    SUBCASE("reset") {
        client.reset();
    }
    CHECK(server.wait_for_note("closed") == "closed 1006 ");
}

TEST_CASE_FIXTURE(WsFixture, "on_drain follows a write") {
    RawClient client(server.port());
    open(client);
    client.send_frame(0x81, "x");
    CHECK(server.wait_for_note("drained") == "drained");
}

TEST_CASE_FIXTURE(WsFixture, "a reader too slow for 16 MiB is cut") {
    RawClient client(server.port(), 4096);
    open(client);
    client.send_frame(0x81, "flood");
    CHECK(server.wait_for_note("closed") == "closed 1006 write buffer limit");
}

TEST_CASE_FIXTURE(WsFixture, "stop ends open websockets") {
    RawClient client(server.port());
    open(client);
    server.stop();
    CHECK(client.read_all().empty());
    CHECK(server.wait_for_note("closed") == "closed 1006 ");
}

TEST_CASE_FIXTURE(WsFixture, "a refused handshake is an ordinary answer") {
    RawClient client(server.port());
    client.send("GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\n\r\n");
    auto const answer = client.read_all();
    CHECK(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    CHECK(answer.ends_with("Missing or invalid Sec-WebSocket-Key header"));
}

}  // namespace websocket_test
