#include "engineio/limits.hpp"
#include "engineio/net/deflate.hpp"
#include "tests/loopback/test_server.hpp"
#include "tests/loopback/tls_client.hpp"
#include "tests/rig/test_certificate.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

namespace tls_test {

using namespace engineio::net;
using namespace loopback;
using namespace std::chrono_literals;

namespace {

std::string get(std::string const& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

Endpoint secure(TlsOptions options) {
    return {.host = "127.0.0.1", .tls = std::move(options)};
}

constexpr std::size_t big_bytes = 6 << 20;

// Two shards: /at/<n> is answered by shard n, /big is several megabytes, /secure tells the scheme,
// /last is the connection's last answer.
struct TlsFixture {
    explicit TlsFixture(TlsOptions more = {}, DeflateOptions const& deflate = {})
        : server(2, secure(with_files(std::move(more)))) {
        for (unsigned here = 0; here < 2; ++here) {
            add_routes(server.router(here), here);
        }
        server.serve_echo(deflate);
        server.run();
    }

    TlsOptions with_files(TlsOptions options) const {
        options.certificate_file = certificate.certificate_file();
        options.key_file = certificate.key_file();
        return options;
    }

    static void add_routes(Router& router, unsigned here) {
        router.add_prefix("/at/", [here](Request request, Responder responder) {
            unsigned const wanted = request.target[4] == '1' ? 1 : 0;
            if (wanted != here) {
                return responder.hand_over(wanted);
            }
            responder.respond({200, {}, request.target, false});
        });
        router.add_path("/big", [](Request, Responder responder) {
            responder.respond({200, {}, std::string(big_bytes, 'b'), false});
        });
        router.add_path("/secure", [](Request request, Responder responder) {
            responder.respond({200, {}, request.secure ? "yes" : "no", false});
        });
        router.add_path("/last", [](Request, Responder responder) {
            responder.respond({200, {}, "bye", true});
        });
    }

    std::string answer(RawClient& client, std::string const& target) {
        client.send(get(target));
        auto const text = client.read_answer();
        return text.substr(std::min(text.size(), text.find("\r\n\r\n") + 4));
    }

    rig::TestCertificate certificate{"first"};
    TestServer server;
};

struct DeflateFixture : TlsFixture {
    DeflateFixture()
        : TlsFixture({}, {.enabled = true,
                          .server_no_context_takeover = true,
                          .client_no_context_takeover = true}) {}
};

struct ImpatientFixture : TlsFixture {
    ImpatientFixture() : TlsFixture({.handshake_timeout = 500ms}) {}
};

}  // namespace

TEST_CASE_FIXTURE(TlsFixture, "TLS: requests are served and known to be secure") {
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsClient client(server.port(), {.min_version = version, .max_version = version});
        REQUIRE(client.established());
        CHECK(client.name() == "first");
        CHECK(answer(client, "/secure") == "yes");
        client.send_byte_by_byte(get("/secure"));  // a record for each
        CHECK(client.read_answer().ends_with("yes"));
    }
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: an answer larger than every buffer arrives whole") {
    TlsClient client(server.port());
    client.send(get("/big") + get("/secure"));
    auto const big = client.read_answer();
    CHECK(big.ends_with("\r\n\r\n" + std::string(big_bytes, 'b')));
    CHECK(client.read_answer().ends_with("yes"));
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: the server's last word is close_notify") {
    TlsClient client(server.port());
    client.send(get("/last"));
    CHECK(client.read_all().ends_with("bye"));
    CHECK(client.ended_cleanly());
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: close_notify ends the connection as a FIN does") {
    TlsClient client(server.port());
    CHECK(answer(client, "/secure") == "yes");
    SSL_shutdown(client.ssl());
    CHECK(client.read_all().empty());
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: WebSocket frames of every size pass both ways") {
    TlsClient client(server.port());
    client.send(websocket_request());
    client.read_until("\r\n\r\n");
    int first = 0;
    for (std::size_t const size : {0, 1, 125, 126, 16383, 16384, 16385, 65536, 99'000}) {
        client.send_frame(0x82, std::string(size, 'w'));
        CHECK(client.read_frame(first) == std::string(size, 'w'));
    }
}

TEST_CASE_FIXTURE(DeflateFixture, "TLS: what waits for a later turn goes before the end") {
    TlsClient client(server.port());
    client.send(websocket_request("Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    client.read_until("\r\n\r\n");
    constexpr std::size_t bytes = 90'000;
    std::string const names = "abcdefghijkl";
    REQUIRE(names.size() * bytes > 4 * engineio::limits::max_inflated_bytes_per_turn);
    for (char const name : names) {
        client.send_frame(0xC1, Deflater(false).compress(std::string(bytes, name)));
    }
    SSL_shutdown(client.ssl());
    std::string heard;
    for (std::size_t i = 0; i < names.size(); ++i) {
        int first = 0;
        auto text = client.read_frame(first);
        if (first == 0xC1) {
            auto const payload = text;
            CHECK(Inflater(false, bytes).decompress(payload, text) == InflateError::none);
        }
        CHECK(text.size() == bytes);
        heard += text.substr(0, 1);
    }
    CHECK(heard == names);
    CHECK(client.read_all().empty());
    CHECK(server.wait_for_note("closed") == "closed 1006 ");
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: a reader too slow for 16 MiB is cut") {
    TlsClient client(server.port());
    client.send(websocket_request());
    client.read_until("\r\n\r\n");
    client.send_frame(0x81, "flood");
    CHECK(server.wait_for_note("closed") == "closed 1006 write buffer limit");
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: a connection moves between shards with its session") {
    for (int i = 0; i < 4; ++i) {
        TlsClient client(server.port());
        std::string requests;
        for (int k = 0; k < 100; ++k) {
            requests += get("/at/" + std::to_string(k % 2) + "/" + std::to_string(k));
        }
        client.send(requests.substr(0, 1000));
        client.send(requests.substr(1000));
        for (int k = 0; k < 100; ++k) {
            auto const target = "/at/" + std::to_string(k % 2) + "/" + std::to_string(k);
            CHECK(client.read_answer().ends_with("\r\n\r\n" + target));
        }
        client.send(get("/at/" + std::to_string(i % 2)) + websocket_request());
        client.read_answer();
        client.read_until("\r\n\r\n");
        client.send_frame(0x81, "moved");
        int first = 0;
        CHECK(client.read_frame(first) == "moved");
    }
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: a large answer is finished after a move") {
    TlsClient client(server.port());
    client.send(get("/at/0") + get("/big") + get("/at/1") + get("/at/0"));
    CHECK(client.read_answer().ends_with("/at/0"));
    CHECK(client.read_answer().size() > big_bytes);
    CHECK(client.read_answer().ends_with("/at/1"));
    CHECK(client.read_answer().ends_with("/at/0"));
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: reloaded certificates are for new connections") {
    TlsClient before(server.port());
    CHECK(before.name() == "first");
    certificate.renew("second");
    TlsClient not_yet(server.port());
    CHECK(not_yet.name() == "first");
    CHECK(server.http().reload_certificates().has_value());
    TlsClient after(server.port());
    CHECK(after.name() == "second");
    CHECK(answer(before, "/secure") == "yes");
    CHECK(answer(not_yet, "/at/1") == "/at/1");
    CHECK(answer(after, "/secure") == "yes");
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: a failed reload names the file and keeps the old ones") {
    std::string culprit;
    SUBCASE("no certificate") {
        culprit = certificate.certificate_file();
        std::ofstream(culprit) << "garbage";
    }
    SUBCASE("no key") {
        culprit = certificate.key_file();
        std::filesystem::remove(culprit);
    }
    SUBCASE("key of another certificate") {
        culprit = certificate.key_file();
        rig::TestCertificate const other("other");
        std::filesystem::copy_file(other.key_file(), culprit,
                                   std::filesystem::copy_options::overwrite_existing);
    }
    auto const reloaded = server.http().reload_certificates();
    REQUIRE_FALSE(reloaded.has_value());
    CHECK(reloaded.error().starts_with("can't use " + culprit + ": "));
    TlsClient client(server.port());
    CHECK(client.name() == "first");
    CHECK(answer(client, "/secure") == "yes");
}

TEST_CASE("TLS: a listener with unusable certificates does not start") {
    TestServer server;
    Router router;
    CHECK_THROWS_AS(server.http().listen(secure({.certificate_file = "/nowhere.pem"}), {},
                                         [&](unsigned) -> HttpHandler& { return router; }),
                    std::runtime_error);
}

TEST_CASE("TLS: the certificate follows the name the client asks for") {
    rig::TestCertificate const exact("exact");
    rig::TestCertificate const wildcard("wildcard");
    TlsFixture fixture(
        {.sni = {{"Chat.example.org", {exact.certificate_file(), exact.key_file()}},
                 {"*.example.org", {wildcard.certificate_file(), wildcard.key_file()}}}});
    for (auto const& [host, name] : std::initializer_list<std::pair<char const*, char const*>>{
             {"chat.example.org", "exact"},
             {"CHAT.example.org", "exact"},
             {"other.example.org", "wildcard"},
             {"a.b.example.org", "first"},
             {"example.org", "first"},
             {"localhost", "first"},
             {"", "first"}}) {
        CAPTURE(host);
        TlsClient client(fixture.server.port(), {.host = host, .alpn = "\x08http/1.1"});
        CHECK(client.name() == name);
        CHECK(client.protocol() == "http/1.1");
        CHECK(fixture.answer(client, "/secure") == "yes");
    }
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: clients that do not speak HTTP/1.1 are refused") {
    CHECK_FALSE(TlsClient(server.port(), {.alpn = "\x02h2"}).established());
    TlsClient both(server.port(), {.alpn = std::string("\x02h2\x08http/1.1")});
    CHECK(both.protocol() == "http/1.1");
}

TEST_CASE("TLS: old versions are refused") {
    int below = TLS1_1_VERSION;
    TlsOptions options;
    SUBCASE("below 1.2 by default") {}
    SUBCASE("below 1.3 if asked for") {
        options.min_version = TlsVersion::v1_3;
        below = TLS1_2_VERSION;
    }
    TlsFixture fixture(options);
    CHECK_FALSE(TlsClient(fixture.server.port(), {.max_version = below}).established());
    CHECK(TlsClient(fixture.server.port(), {.min_version = below + 1}).established());
}

TEST_CASE("TLS: ciphers are refused but for forward-secret AEAD ones") {
    using Names = std::vector<std::string>;
    rig::TestCertificate const rsa("rsa", rig::TestCertificate::Key::rsa);
    TlsFixture fixture({.sni = {{"rsa", {rsa.certificate_file(), rsa.key_file()}}}});
    auto const port = fixture.server.port();
    auto const offer = [](std::string const& cipher, std::string const& host) {
        return TlsClient::Wish{.host = host, .max_version = TLS1_2_VERSION, .ciphers = cipher};
    };
    auto const check = [&](std::string const& host, std::string const& name, Names const& served,
                           Names const& refused) {
        for (auto const& cipher : served) {
            CAPTURE(cipher);
            TlsClient client(port, offer(cipher, host));
            CHECK(client.cipher() == cipher);
            CHECK(client.name() == name);  // so the key is one for the others as well
            CHECK(fixture.answer(client, "/secure") == "yes");
        }
        for (auto const& cipher : refused) {
            CAPTURE(cipher);
            TlsClient const client(port, offer(cipher, host));
            CHECK_FALSE(client.established());
            CHECK(client.alert() == SSL_AD_HANDSHAKE_FAILURE);
        }
    };
    check("", "first",
          {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
           "ECDHE-ECDSA-CHACHA20-POLY1305"},
          {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA"});
    check("rsa", "rsa",
          {"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
           "ECDHE-RSA-CHACHA20-POLY1305"},
          {"ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA",
           // Authenticated, but read by whoever gets the key later.
           "AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA256"});
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: what is no TLS ends the connection, not the server") {
    for (std::string const& bytes :
         {get("/secure"), std::string("\x16\x03\x01\xff\xff garbage"), std::string(70'000, '\xff'),
          std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10)}) {
        CAPTURE(bytes.substr(0, 20));
        RawClient client(server.port());
        client.send(bytes);
        CHECK(client.read_all().find("HTTP") == std::string::npos);
    }
    TlsClient neighbour(server.port());
    CHECK(answer(neighbour, "/secure") == "yes");
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: garbage after the handshake ends the connection") {
    TlsClient client(server.port());
    CHECK(answer(client, "/secure") == "yes");
    client.send_plain("this is no record at all, whatever its length");
    CHECK(client.read_all().empty());
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: renegotiation is refused") {
    TlsClient client(server.port(), {.max_version = TLS1_2_VERSION});
    CHECK(answer(client, "/secure") == "yes");
    CHECK(SSL_renegotiate(client.ssl()) == 1);
    CHECK(SSL_do_handshake(client.ssl()) != 1);
    TlsClient neighbour(server.port());
    CHECK(answer(neighbour, "/secure") == "yes");
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: key updates change nothing") {
    TlsClient client(server.port(), {.min_version = TLS1_3_VERSION});
    for (int i = 0; i < 2000; ++i) {
        REQUIRE(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
        REQUIRE(SSL_do_handshake(client.ssl()) == 1);
    }
    CHECK(answer(client, "/secure") == "yes");
}

TEST_CASE_FIXTURE(ImpatientFixture, "TLS: an unfinished handshake is cut after its timeout") {
    RawClient silent(server.port());
    RawClient slow(server.port());
    slow.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
    CHECK(silent.read_all().empty());
    CHECK(slow.read_all().empty());
    TlsClient patient(server.port());
    std::this_thread::sleep_for(700ms);  // the timeout is not for those who finished
    CHECK(answer(patient, "/secure") == "yes");
}

TEST_CASE_FIXTURE(TlsFixture, "TLS: stop with handshakes and moves under way") {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 10; ++i) {
        clients.push_back(std::make_unique<TlsClient>(server.port()));
        for (int k = 0; k < 20; ++k) {
            clients.back()->send(get("/at/" + std::to_string(k % 2)));
        }
        clients.push_back(std::make_unique<RawClient>(server.port()));
        clients.back()->send(std::string("\x16\x03\x01\x02\x00\x01", 6));
    }
    server.stop();
    for (auto& client : clients) {
        client->read_all();
    }
}

}  // namespace tls_test
