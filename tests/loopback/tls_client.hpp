#pragma once

#include "tests/loopback/raw_client.hpp"

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>

namespace loopback {

// A RawClient whose bytes travel in TLS, by OpenSSL's own socket code. Certificates are not
// verified: tests look at name().
class TlsClient final : public RawClient {
public:
    struct Wish {
        std::string host = {};  // SNI; empty: none
        std::string alpn = {};  // wire format; empty: none
        int min_version = 0;
        int max_version = 0;
        std::string ciphers = {};  // of TLS 1.2, by OpenSSL's names; empty: any
    };

    explicit TlsClient(std::uint16_t port) : TlsClient(port, Wish{}) {}
    TlsClient(std::uint16_t port, Wish const& wish);

    bool established() const { return established_; }
    // The common name of the server's certificate.
    std::string name() const;
    // The protocol the server chose by ALPN.
    std::string protocol() const;
    // The cipher they agreed on, by OpenSSL's name.
    std::string cipher() const { return SSL_get_cipher_name(ssl_.get()); }
    // Why it is not established: the code of the server's alert (RFC 8446 section 6), 0 if there
    // was none.
    int alert() const { return alert_; }
    // The server said close_notify before it ended the stream.
    bool ended_cleanly() const { return ended_cleanly_; }
    SSL* ssl() { return ssl_.get(); }
    // Past TLS.
    bool send_plain(std::string_view bytes) { return RawClient::transmit(bytes) > 0; }

protected:
    long transmit(std::string_view bytes) override;
    long receive(char* room, std::size_t size) override;

private:
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
    bool established_ = false;
    int alert_ = 0;
    bool ended_cleanly_ = false;
};

}  // namespace loopback
