#pragma once

#include "engineio/net/tls_options.hpp"

#include <openssl/ssl.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace engineio::net {

struct TlsDeleter {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
};

// See tls_context.hpp. OpenSSL counts references of its contexts itself; what this object adds is
// the table by host name that a handshake in progress looks into.
class TlsCertificates {
public:
    // Throws std::runtime_error naming the file.
    explicit TlsCertificates(TlsOptions const& options);
    TlsCertificates(TlsCertificates const&) = delete;
    TlsCertificates& operator=(TlsCertificates const&) = delete;

    SSL_CTX* fallback() const { return fallback_.get(); }
    std::chrono::milliseconds handshake_timeout() const { return handshake_timeout_; }
    // The context for a host name; null: the fallback.
    SSL_CTX* find(std::string_view host) const;

private:
    using Context = std::unique_ptr<SSL_CTX, TlsDeleter>;

    Context fallback_;
    std::map<std::string, Context, std::less<>> by_host_;  // lower-case, "*." for a wildcard
    std::chrono::milliseconds handshake_timeout_;
};

}  // namespace engineio::net
