#include "engineio/net/tls_context.hpp"

#include "engineio/net/text.hpp"
#include "engineio/net/tls_certificates.hpp"

#include <fmt/format.h>
#include <openssl/err.h>

#include <exception>
#include <new>
#include <stdexcept>
#include <utility>

namespace engineio::net {

namespace {

// TLS 1.2 with forward secrecy and authenticated encryption; 1.3 has nothing else.
constexpr char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr unsigned char http_1_1[] = "\x08http/1.1";  // RFC 7301 section 3.1
constexpr unsigned char session_id_context[] = "hubbub";

// The first reason in the queue is the cause, later ones its consequences.
std::string reason() {
    auto const code = ERR_peek_error();
    auto const* text = ERR_SYSTEM_ERROR(code) ? nullptr : ERR_reason_error_string(code);
    std::string found =
        text ? text : std::generic_category().message(static_cast<int>(ERR_GET_REASON(code)));
    ERR_clear_error();
    return found;
}

[[noreturn]] void refuse(std::string const& file, std::string const& why) {
    throw std::runtime_error(fmt::format("can't use {}: {}", file, why));
}

int choose_protocol(SSL*, unsigned char const** out, unsigned char* out_bytes,
                    unsigned char const* offered, unsigned offered_bytes, void*) {
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_bytes, http_1_1, sizeof http_1_1 - 1, offered,
                              offered_bytes) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

int choose_certificate(SSL* session, int*, void* table) {
    auto const* const name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
    auto* const context = name ? static_cast<TlsCertificates const*>(table)->find(name) : nullptr;
    if (context) {
        SSL_set_SSL_CTX(session, context);
    }
    return SSL_TLSEXT_ERR_OK;
}

void load(SSL_CTX* context, TlsCertificate const& files) {
    ERR_clear_error();
    // A key with a passphrase must not make a server ask the terminal for it.
    SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate_file.c_str()) != 1) {
        refuse(files.certificate_file, reason());
    }
    // Fails too if the key does not belong to the certificate.
    if (SSL_CTX_use_PrivateKey_file(context, files.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        refuse(files.key_file, reason());
    }
}

std::unique_ptr<SSL_CTX, TlsDeleter> make_context(TlsOptions const& options,
                                                  TlsCertificate const& files) {
    std::unique_ptr<SSL_CTX, TlsDeleter> owned(SSL_CTX_new(TLS_server_method()));
    if (!owned) {
        throw std::bad_alloc();
    }
    auto* const context = owned.get();
    bool const modern = options.min_version == TlsVersion::v1_3;
    SSL_CTX_set_min_proto_version(context, modern ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, ciphers);
    // Clients often close without close_notify; HTTP and WebSocket know their own ends.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    // An idle connection keeps no record buffers: 34 KiB less, 15 are left.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    // Tickets let clients resume without a table here that strangers could fill.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(context, session_id_context, sizeof session_id_context - 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    load(context, files);
    return owned;
}

}  // namespace

TlsCertificates::TlsCertificates(TlsOptions const& options)
    : fallback_(make_context(options, {options.certificate_file, options.key_file})),
      handshake_timeout_(options.handshake_timeout) {
    SSL_CTX_set_tlsext_servername_callback(fallback_.get(), choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(fallback_.get(), this);
    for (auto const& [host, files] : options.sni) {
        by_host_.emplace(to_lower(host), make_context(options, files));
    }
}

SSL_CTX* TlsCertificates::find(std::string_view host) const {
    auto const name = to_lower(host);
    auto found = by_host_.find(name);
    if (auto const dot = name.find('.'); found == by_host_.end() && dot != std::string::npos) {
        found = by_host_.find("*" + name.substr(dot));
    }
    return found == by_host_.end() ? nullptr : found->second.get();
}

TlsContext::TlsContext(TlsOptions options)
    : options_(std::move(options)), current_(std::make_shared<TlsCertificates const>(options_)) {}

std::shared_ptr<TlsCertificates const> TlsContext::current() const {
    std::lock_guard lock(mutex_);
    return current_;
}

Result<std::shared_ptr<TlsCertificates const>, std::string> TlsContext::read() const {
    try {
        return std::make_shared<TlsCertificates const>(options_);
    } catch (std::exception const& error) {
        return std::string(error.what());
    }
}

void TlsContext::use(std::shared_ptr<TlsCertificates const> certificates) {
    std::lock_guard lock(mutex_);
    current_.swap(certificates);  // the old ones go when the lock is released
}

}  // namespace engineio::net
