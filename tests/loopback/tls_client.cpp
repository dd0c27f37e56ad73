#include "tests/loopback/tls_client.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>

#include <cerrno>
#include <csignal>

namespace loopback {

TlsClient::TlsClient(std::uint16_t port, Wish const& wish)
    : RawClient(port), context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free),
      ssl_(nullptr, &SSL_free) {
    ::signal(SIGPIPE, SIG_IGN);                     // OpenSSL writes with write(2)
    SSL_CTX_set_security_level(context_.get(), 0);  // else old versions are not even offered
    SSL_CTX_set_min_proto_version(context_.get(), wish.min_version);
    SSL_CTX_set_max_proto_version(context_.get(), wish.max_version);
    if (!wish.ciphers.empty()) {
        REQUIRE(SSL_CTX_set_cipher_list(context_.get(), wish.ciphers.c_str()) == 1);
    }
    ssl_.reset(SSL_new(context_.get()));
    if (!wish.host.empty()) {
        SSL_set_tlsext_host_name(ssl_.get(), wish.host.c_str());
    }
    if (!wish.alpn.empty()) {
        SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<unsigned char const*>(wish.alpn.data()),
                            static_cast<unsigned>(wish.alpn.size()));
    }
    SSL_set_fd(ssl_.get(), descriptor());
    established_ = SSL_connect(ssl_.get()) == 1;
    if (auto const reason = ERR_GET_REASON(ERR_peek_error()); reason > SSL_AD_REASON_OFFSET) {
        alert_ = reason - SSL_AD_REASON_OFFSET;
    }
    ERR_clear_error();
}

std::string TlsClient::name() const {
    char text[256] = "";
    if (auto* const certificate = SSL_get0_peer_certificate(ssl_.get())) {
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text,
                                  sizeof text);
    }
    return text;
}

std::string TlsClient::protocol() const {
    unsigned char const* text = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &text, &size);
    return text ? std::string(reinterpret_cast<char const*>(text), size) : std::string();
}

long TlsClient::transmit(std::string_view bytes) {
    ERR_clear_error();
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
}

long TlsClient::receive(char* room, std::size_t size) {
    ERR_clear_error();
    errno = 0;
    auto const received = SSL_read(ssl_.get(), room, static_cast<int>(size));
    if (received > 0) {
        return received;
    }
    auto const why = SSL_get_error(ssl_.get(), received);
    ended_cleanly_ = why == SSL_ERROR_ZERO_RETURN;
    return why == SSL_ERROR_WANT_READ ? -1 : 0;  // -1: the patience is over
}

}  // namespace loopback
