#pragma once

#include "engineio/limits.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace engineio::net {

/// A certificate and its private key, as PEM files.
struct TlsCertificate {
    std::string certificate_file;  ///< the server's own certificate first, then its chain
    std::string key_file;          ///< without a passphrase
};

/// Protocol versions, RFC 5246 and RFC 8446.
enum class TlsVersion : std::uint8_t { v1_2, v1_3 };

/// TLS of one listener (RFC 8446, RFC 5246). Forward-secret AEAD ciphers only; compression,
/// renegotiation and early data are off; ALPN offers http/1.1 and refuses clients that offer only
/// something else, as Node does. The files are read when the listener starts and at every reload.
struct TlsOptions {
    std::string certificate_file = {};  ///< as in TlsCertificate
    std::string key_file = {};          ///< the same
    /// Further certificates by the host name a client asks for (SNI, RFC 6066 section 3):
    /// "chat.example.org" or, for any one label in front, "*.example.org". Other names, and clients
    /// that name none, get the certificate above.
    std::map<std::string, TlsCertificate> sni = {};
    /// Clients of older versions are refused in the handshake.
    TlsVersion min_version = TlsVersion::v1_2;
    /// From the accept to the end of the handshake; then the connection is cut. Zero: no limit.
    std::chrono::milliseconds handshake_timeout = limits::tls_handshake_timeout;
};

}  // namespace engineio::net
