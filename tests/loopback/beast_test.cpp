#include "tests/loopback/test_server.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

namespace beast_test {

// Beast's client as an opposite end that shares no code with our codec.

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using namespace engineio::net;
using namespace loopback;

namespace {

struct BeastClient {
    explicit BeastClient(std::uint16_t port, bool deflate = false) : socket(context) {
        websocket::permessage_deflate options;
        options.client_enable = deflate;
        socket.set_option(options);
        socket.next_layer().connect({asio::ip::address_v4::loopback(), port});
        socket.handshake("127.0.0.1", "/ws");
    }

    std::string echo(std::string const& message, bool binary = false) {
        socket.binary(binary);
        socket.write(asio::buffer(message));
        beast::flat_buffer buffer;
        socket.read(buffer);
        CHECK(socket.got_binary() == binary);
        return beast::buffers_to_string(buffer.data());
    }

    asio::io_context context;
    websocket::stream<asio::ip::tcp::socket> socket;
};

std::string pattern(std::size_t size) {
    std::string text;
    while (text.size() < size) {
        text += static_cast<char>('a' + text.size() * text.size() % 23);
    }
    return text;
}

}  // namespace

TEST_CASE("Beast's client talks to us, with and without compression") {
    for (bool const deflate : {false, true}) {
        for (bool const takeover : {false, true}) {
            CAPTURE(deflate);
            CAPTURE(takeover);
            TestServer server;
            DeflateOptions options;
            options.enabled = deflate;
            options.threshold = 100;
            options.server_no_context_takeover = !takeover;
            options.client_no_context_takeover = !takeover;
            server.serve_echo(options);
            server.run();
            BeastClient client(server.port(), deflate);
            for (std::size_t const size : {0, 1, 99, 100, 125, 126, 65535, 65536, 99'999}) {
                CHECK(client.echo(pattern(size)) == pattern(size));
                CHECK(client.echo(pattern(size), true) == pattern(size));
            }
            client.socket.close(websocket::close_code::going_away);
            CHECK(server.wait_for_note("closed") == "closed 1001 ");
        }
    }
}

TEST_CASE("Beast's client sees our close code and reason") {
    TestServer server;
    server.serve_echo();
    server.run();
    BeastClient client(server.port());
    client.socket.write(asio::buffer(std::string("close me")));
    beast::flat_buffer buffer;
    beast::error_code error;
    client.socket.read(buffer, error);
    CHECK(error == websocket::error::closed);
    CHECK(client.socket.reason().code == 4321);
    CHECK(client.socket.reason().reason == "as you wish");
}

}  // namespace beast_test
