#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace engineio::net {

class TlsCertificates;

// The server's end of one TLS connection without I/O: ciphertext in, plaintext out and back. What
// has to be sent waits in pending(). Tied to no thread, so it moves between shards with its
// connection. Owned by Connection.
class TlsFilter {
public:
    // Besides the bytes given, decrypt() may complete a record of which only the end was missing.
    static constexpr std::size_t record_bytes = 16 * 1024;

    explicit TlsFilter(std::shared_ptr<TlsCertificates const> certificates);
    ~TlsFilter();
    TlsFilter(TlsFilter const&) = delete;
    TlsFilter& operator=(TlsFilter const&) = delete;

    // Takes all of `ciphertext`; the plaintext in it is written to the front of `room`, which has
    // space for record_bytes more than that. May add handshake messages or an alert to pending().
    std::span<char> decrypt(std::span<char const> ciphertext, std::span<char> room);
    // Adds `plaintext` to pending(), in records of at most record_bytes. Only while writable().
    void encrypt(std::string_view plaintext);
    // Adds close_notify to pending(): nothing can be encrypted after it.
    void finish();

    bool established() const { return state_ != State::handshake; }
    bool writable() const { return writable_; }
    bool ended() const { return state_ == State::ended; }    // by the peer's close_notify
    bool failed() const { return state_ == State::failed; }  // an alert may be pending
    // Why it failed.
    std::string const& error() const { return error_; }
    std::chrono::milliseconds handshake_timeout() const;

    // Ciphertext for the peer, and how much of it the kernel has taken.
    std::string_view pending() const { return std::string_view(output_).substr(sent_); }
    void sent(std::size_t bytes);
    // Of memory: a few times what is pending, and a little.
    std::size_t held_bytes() const { return output_.capacity(); }

private:
    enum class State : std::uint8_t { handshake, open, ended, failed };
    struct Session;  // OpenSSL's side

    void stopped(int result);

    std::shared_ptr<TlsCertificates const> certificates_;
    std::unique_ptr<Session> session_;
    std::span<char const> input_;  // during decrypt()
    std::string output_;
    std::size_t sent_ = 0;
    std::string error_;
    State state_ = State::handshake;
    bool writable_ = false;
};

}  // namespace engineio::net
