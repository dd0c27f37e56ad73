#include "engineio/net/tls_filter.hpp"

#include "engineio/net/tls_certificates.hpp"
#include "tests/rig/test_certificate.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>

#include <vector>

namespace tls_filter_test {

using namespace engineio::net;

namespace {

// An OpenSSL client in memory, opposite a filter; bytes travel only when told.
struct Pair {
    Pair()
        : filter(std::make_shared<TlsCertificates const>(
              TlsOptions{certificate.certificate_file(), certificate.key_file()})),
          context(SSL_CTX_new(TLS_client_method())), client(SSL_new(context.get())) {
        SSL_set_bio(client.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(client.get());
    }

    // What the client has to say.
    std::string from_client() {
        std::string bytes(BIO_ctrl_pending(SSL_get_wbio(client.get())), '\0');
        BIO_read(SSL_get_wbio(client.get()), bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }
    void to_client() {
        auto const bytes = filter.pending();
        BIO_write(SSL_get_rbio(client.get()), bytes.data(), static_cast<int>(bytes.size()));
        filter.sent(bytes.size());
    }
    std::string decrypt(std::string_view bytes) {
        std::vector<char> room(bytes.size() + TlsFilter::record_bytes);
        auto const plaintext = filter.decrypt(bytes, room);
        return {plaintext.begin(), plaintext.end()};
    }
    void shake_hands(std::size_t step) {
        for (int round = 0; round < 4; ++round) {
            SSL_do_handshake(client.get());
            auto const bytes = from_client();
            for (std::size_t at = 0; at < bytes.size(); at += step) {
                CHECK(decrypt(std::string_view(bytes).substr(at, step)).empty());
            }
            to_client();
        }
        ERR_clear_error();
        REQUIRE(SSL_is_init_finished(client.get()));
        REQUIRE(filter.established());
    }
    std::string client_reads() {
        std::string text(100'000, '\0');
        std::size_t filled = 0;
        std::size_t got = 0;
        while (SSL_read_ex(client.get(), text.data() + filled, text.size() - filled, &got) == 1) {
            filled += got;
        }
        text.resize(filled);
        return text;
    }

    rig::TestCertificate certificate{"pair"};
    TlsFilter filter;
    std::unique_ptr<SSL_CTX, TlsDeleter> context;
    std::unique_ptr<SSL, TlsDeleter> client;
};

}  // namespace

TEST_CASE_FIXTURE(Pair, "tls_filter: records may come cut anywhere") {
    std::string const text(20'000, 'x');
    std::size_t step = 0;
    SUBCASE("byte by byte") {
        step = 1;
    }
    SUBCASE("in thousands") {
        step = 1000;
    }
    SUBCASE("at once") {
        step = 1'000'000;
    }
    shake_hands(step);
    SSL_write(client.get(), text.data(), static_cast<int>(text.size()));
    auto const bytes = from_client();
    std::string seen;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        seen += decrypt(std::string_view(bytes).substr(at, step));
    }
    CHECK(seen == text);
    filter.encrypt("answer");
    to_client();
    CHECK(client_reads() == "answer");
}

TEST_CASE_FIXTURE(Pair, "tls_filter: a full read completes the record that was begun before") {
    shake_hands(1 << 20);
    std::string const text(65'536, 'x');
    SSL_write(client.get(), text.data(), static_cast<int>(text.size()));
    auto const bytes = from_client();
    std::size_t const cut = 16'000;  // just before the end of the first record
    CHECK(decrypt(std::string_view(bytes).substr(0, cut)).empty());
    CHECK(decrypt(std::string_view(bytes).substr(cut)) == text);
}

TEST_CASE_FIXTURE(Pair, "tls_filter: output may be taken in pieces, and room is given back") {
    shake_hands(1 << 20);
    std::string const text(50'000, 'x');
    filter.encrypt(text);
    while (!filter.pending().empty()) {
        auto const piece = filter.pending().substr(0, 7000);
        BIO_write(SSL_get_rbio(client.get()), piece.data(), static_cast<int>(piece.size()));
        filter.sent(piece.size());
    }
    CHECK(client_reads() == text);
}

TEST_CASE_FIXTURE(Pair, "tls_filter: what was sent is not kept, though something always waits") {
    shake_hands(1 << 20);
    std::string const text(16'000, 'x');
    filter.encrypt(text);
    for (int i = 0; i < 1000; ++i) {
        filter.encrypt(text);
        filter.sent(text.size());
        CHECK(filter.held_bytes() <= 4 * filter.pending().size() + (1 << 10));
    }
}

TEST_CASE_FIXTURE(Pair, "tls_filter: close_notify ends one direction") {
    shake_hands(1 << 20);
    SSL_shutdown(client.get());
    CHECK(decrypt(from_client()).empty());
    CHECK(filter.ended());
    CHECK_FALSE(filter.failed());
    CHECK(filter.writable());
    filter.encrypt("still");
    filter.finish();
    CHECK_FALSE(filter.writable());
    to_client();
    CHECK(client_reads() == "still");
    CHECK(SSL_get_shutdown(client.get()) == (SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN));
}

TEST_CASE_FIXTURE(Pair, "tls_filter: garbage fails with a reason and an alert") {
    CHECK(decrypt("GET / HTTP/1.1\r\n\r\n").empty());
    CHECK(filter.failed());
    CHECK_FALSE(filter.writable());
    CHECK(filter.error() == "TLS: http request");
    CHECK(decrypt("more").empty());
}

TEST_CASE_FIXTURE(Pair, "tls_filter: a changed record fails") {
    shake_hands(1 << 20);
    SSL_write(client.get(), "text", 4);
    auto bytes = from_client();
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    CHECK(decrypt(bytes).empty());
    CHECK(filter.failed());
    CHECK_FALSE(filter.pending().empty());
}

}  // namespace tls_filter_test
