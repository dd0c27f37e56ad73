#include "engineio/net/tls_filter.hpp"

#include "engineio/net/result.hpp"
#include "engineio/net/tls_certificates.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace engineio::net {

namespace {

// An idle connection keeps no more room for output than this; chat messages fit.
constexpr std::size_t kept_output_bytes = 1024;

}  // namespace

// OpenSSL reads from input_ and writes to output_ through a BIO of ours: its own memory BIO never
// gives the memory of a burst back.
struct TlsFilter::Session {
    static TlsFilter& owner(BIO* bio) { return *static_cast<TlsFilter*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* out, int wanted) {
        auto& input = owner(bio).input_;
        BIO_clear_retry_flags(bio);
        if (input.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        auto const count = std::min(input.size(), static_cast<std::size_t>(wanted));
        std::memcpy(out, input.data(), count);
        input = input.subspan(count);
        return static_cast<int>(count);
    }

    static int write(BIO* bio, char const* bytes, int count) {
        owner(bio).output_.append(bytes, static_cast<std::size_t>(count));
        return count;
    }

    static long control(BIO*, int command, long, void*) {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static BIO_METHOD const* method() {
        static BIO_METHOD const* const made = [] {
            auto* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "spans");
            BIO_meth_set_read(method, read);
            BIO_meth_set_write(method, write);
            BIO_meth_set_ctrl(method, control);
            return method;
        }();
        return made;
    }

    Session(TlsFilter& owner, SSL_CTX* context) : ssl(SSL_new(context)) {
        auto* const bio = ssl ? BIO_new(method()) : nullptr;
        if (!bio) {
            throw std::bad_alloc();
        }
        BIO_set_data(bio, &owner);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl.get(), bio, bio);
        SSL_set_accept_state(ssl.get());
    }

    std::unique_ptr<SSL, TlsDeleter> ssl;
};

TlsFilter::TlsFilter(std::shared_ptr<TlsCertificates const> certificates)
    : certificates_(std::move(certificates)),
      session_(std::make_unique<Session>(*this, certificates_->fallback())) {}

TlsFilter::~TlsFilter() = default;

std::chrono::milliseconds TlsFilter::handshake_timeout() const {
    return certificates_->handshake_timeout();
}

std::span<char> TlsFilter::decrypt(std::span<char const> ciphertext, std::span<char> room) {
    auto* const ssl = session_->ssl.get();
    input_ = ciphertext;
    std::size_t filled = 0;
    while (state_ == State::handshake || state_ == State::open) {
        SIO_ASSERT(filled < room.size());
        ERR_clear_error();
        std::size_t got = 0;
        auto const result = SSL_read_ex(ssl, room.data() + filled, room.size() - filled, &got);
        filled += got;
        if (state_ == State::handshake && SSL_is_init_finished(ssl)) {
            state_ = State::open;
            writable_ = true;
        }
        if (result != 1) {
            auto const why = SSL_get_error(ssl, result);
            if (why == SSL_ERROR_WANT_READ) {
                break;
            }
            stopped(why);
        }
    }
    input_ = {};
    return room.first(filled);
}

void TlsFilter::stopped(int why) {
    if (why == SSL_ERROR_ZERO_RETURN) {
        state_ = State::ended;
        return;
    }
    state_ = State::failed;
    writable_ = false;
    auto const* const reason = ERR_reason_error_string(ERR_peek_error());
    error_ = std::string("TLS: ") + (reason ? reason : "protocol error");
}

void TlsFilter::encrypt(std::string_view plaintext) {
    SIO_ASSERT(writable_);
    ERR_clear_error();
    std::size_t written = 0;
    auto* const ssl = session_->ssl.get();
    if (SSL_write_ex(ssl, plaintext.data(), plaintext.size(), &written) != 1) {
        stopped(SSL_ERROR_SSL);  // our BIO takes everything: this is no lack of room
    }
}

void TlsFilter::finish() {
    if (std::exchange(writable_, false)) {
        ERR_clear_error();
        SSL_shutdown(session_->ssl.get());
    }
}

// A peer that always leaves something unread would else keep all that it ever got.
void TlsFilter::sent(std::size_t bytes) {
    sent_ += bytes;
    if (sent_ <= output_.size() / 2) {
        return;  // so that less is moved than was sent
    }
    output_.erase(0, sent_);
    sent_ = 0;
    if (output_.capacity() > 4 * output_.size() + kept_output_bytes) {
        output_.shrink_to_fit();
    }
}

}  // namespace engineio::net
