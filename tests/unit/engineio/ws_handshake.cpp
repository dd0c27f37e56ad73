#include "engineio/net/ws_handshake.hpp"

#include "engineio/net/http_parse.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>

namespace ws_handshake_test {

using namespace engineio::net;

namespace {

UpgradeHeaders good_headers() {
    UpgradeHeaders headers;
    headers.method = "GET";
    headers.upgrade = "WebSocket";
    headers.key = "dGhlIHNhbXBsZSBub25jZQ==";
    headers.version = "13";
    return headers;
}

std::string answer(std::string_view offer, DeflateOptions options = {}) {
    options.enabled = true;
    UpgradeHeaders headers = good_headers();
    headers.extensions = offer;
    UpgradeResult const result = check_upgrade(headers, options);
    if (!result) {
        return std::string(result.error);
    }
    return result.deflate ? result.deflate->answer : "none";
}

std::string const refused = "Invalid or unacceptable Sec-WebSocket-Extensions header";

}  // namespace

TEST_CASE("RFC 6455 section 1.3 example") {
    CHECK(accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    UpgradeResult const result = check_upgrade(good_headers(), {});
    CHECK(result);
    CHECK(result.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CHECK(result.protocols.empty());
    CHECK_FALSE(result.deflate);
}

TEST_CASE("RFC 6455 section 4.2.1: refusals in the order and words of ws") {
    UpgradeHeaders headers;
    headers.method = "POST";
    auto const refusal = [&] { return check_upgrade(headers, {.enabled = true}); };
    CHECK(refusal().status == 405);
    CHECK(refusal().error == "Invalid HTTP method");
    headers.method = "GET";
    CHECK(refusal().status == 400);
    CHECK(refusal().error == "Invalid Upgrade header");
    headers.upgrade = "websocket";
    for (std::string_view key : {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
                                 "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub2-jZQ=="}) {
        headers.key = key;
        CHECK(refusal().error == "Missing or invalid Sec-WebSocket-Key header");
        CHECK_FALSE(refusal().add_version_header);
    }
    headers.key = "dGhlIHNhbXBsZSBub25jZQ==";
    CHECK(refusal().error == "Missing or invalid Sec-WebSocket-Version header");
    CHECK(refusal().add_version_header);
    headers.version = "12";
    CHECK_FALSE(refusal());
    headers.version = "8";
    headers.protocol = "a,,b";
    CHECK(refusal().error == "Invalid Sec-WebSocket-Protocol header");
    headers.protocol = "a";
    headers.extensions = ";";
    CHECK(refusal().error == refused);
    // Without compression the header is not looked at.
    CHECK(check_upgrade(headers, {}));
}

TEST_CASE("RFC 6455 section 11.3.4: subprotocols") {
    CHECK(parse_subprotocols("a") == std::vector<std::string>{"a"});
    CHECK(parse_subprotocols("access_token, x.y-z ,b").value().size() == 3);
    for (std::string_view bad : {"", " ", ",", "a,", ",a", "a b", "a,a", "a;b", "\"a\"", "a\x7F"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_subprotocols(bad));
    }
}

TEST_CASE("RFC 6455 section 9.1: extension syntax") {
    auto const offers = parse_extensions("foo; a; b=1; c=\"tok\\en\" , bar,foo;d");
    REQUIRE(offers);
    REQUIRE(offers->size() == 3);
    CHECK((*offers)[0].params.size() == 3);
    CHECK_FALSE((*offers)[0].params[0].value);
    CHECK((*offers)[0].params[1].value == "1");
    CHECK((*offers)[0].params[2].value == "token");
    for (std::string_view bad : {"", ",", "foo;", "foo,", "foo;a=", "foo;=1", "foo;a=\"", "f oo",
                                 "foo;a=\"b c\"", "foo;a=\"\"", "foo;a=\"b\\\"", "foo;a=b=c"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_extensions(bad));
    }
}

TEST_CASE("RFC 7692 section 5.1: permessage-deflate answers") {
    CHECK(answer("x-other") == "none");
    CHECK(answer("permessage-deflate") == "permessage-deflate");
    CHECK(answer("permessage-deflate; client_max_window_bits") == "permessage-deflate");
    CHECK(answer("x; y=1, permessage-deflate; server_no_context_takeover") ==
          "permessage-deflate; server_no_context_takeover");
    CHECK(answer("permessage-deflate; client_no_context_takeover; server_max_window_bits=10") ==
          "permessage-deflate; client_no_context_takeover; server_max_window_bits=10");
    CHECK(answer("permessage-deflate; client_max_window_bits=\"12\"") ==
          "permessage-deflate; client_max_window_bits=12");
}

TEST_CASE("RFC 7692 section 7.1: permessage-deflate with wishes of the server") {
    DeflateOptions const no_takeover{.server_no_context_takeover = true,
                                     .client_no_context_takeover = true};
    CHECK(answer("permessage-deflate", no_takeover) ==
          "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    DeflateOptions const small{.server_max_window_bits = 10};
    CHECK(answer("permessage-deflate", small) == "permessage-deflate; server_max_window_bits=10");
    CHECK(answer("permessage-deflate; server_max_window_bits=9", small) == refused);
    // The first acceptable offer is taken.
    CHECK(answer("permessage-deflate; server_max_window_bits=9, permessage-deflate", small) ==
          "permessage-deflate; server_max_window_bits=10");
    DeflateOptions const client{.client_max_window_bits = 11};
    CHECK(answer("permessage-deflate", client) == refused);
    CHECK(answer("permessage-deflate; client_max_window_bits", client) ==
          "permessage-deflate; client_max_window_bits=11");
}

TEST_CASE("RFC 7692 section 7.1: illegal parameters refuse the handshake") {
    for (std::string param :
         {"unknown", "server_no_context_takeover=1", "client_no_context_takeover=true",
          "server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
          "client_max_window_bits=x", "client_max_window_bits=+9",
          "client_max_window_bits=999999999999",
          "server_no_context_takeover; server_no_context_takeover"}) {
        CAPTURE(param);
        CHECK(answer("permessage-deflate; " + param) == refused);
    }
}

TEST_CASE("random headers never break the parsers") {
    std::mt19937 random(3);
    std::string_view const alphabet = "ab=;,\"\\ \t1p\x80";
    for (int i = 0; i < 20000; ++i) {
        std::string header(random() % 24, '\0');
        for (char& c : header) {
            c = alphabet[random() % alphabet.size()];
        }
        (void)parse_subprotocols(header);
        (void)parse_extensions(header);
        (void)answer("permessage-deflate;" + header);
    }
}

TEST_CASE("ws_handshake: which requests ask for an upgrade") {
    auto const asks = [](std::string_view fields) {
        Request request;
        REQUIRE(RequestParser().parse_head(
            "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n", request));
        return request.upgrade;
    };
    CHECK(asks("Connection: upgrade\r\nUpgrade: websocket\r\n"));
    CHECK(asks("Upgrade: anything\r\nConnection: keep-alive, Upgrade\r\n"));
    CHECK(asks("Connection: upgrade\r\nUpgrade:\r\nUpgrade: websocket\r\n"));
    CHECK_FALSE(asks("Upgrade: websocket\r\n"));
    // What nginx says of every request with socket.io's settings.
    CHECK_FALSE(asks("Connection: upgrade\r\n"));
    CHECK_FALSE(asks("Connection: upgrade\r\nUpgrade:\r\n"));
    CHECK_FALSE(asks("Connection: upgrade\r\nUpgrade: \t\r\n"));
}

}  // namespace ws_handshake_test
