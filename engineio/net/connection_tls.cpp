// Connection's side of its TLS filter: what is read passes it before the handler, and the queue
// passes it on the way to the kernel.

#include "engineio/limits.hpp"
#include "engineio/net/connection.hpp"
#include "engineio/net/log.hpp"

#include <algorithm>
#include <cstring>
#include <sys/uio.h>

namespace engineio::net {

void Connection::start_tls() {
    auto const patience = tls_->handshake_timeout();
    if (patience != patience.zero()) {
        linger_ = shard_.timers().after(patience, [this] { cut(); });
    }
}

void Connection::read_encrypted(std::span<char> ciphertext) {
    bool const established = tls_->established();
    auto const pending = tls_->pending().size();
    auto const plaintext = tls_->decrypt(ciphertext, shard_.plaintext_buffer());
    if (auto const added = tls_->pending().size() - pending) {
        account(added);
        shard_.mark_dirty(*this);
        // A peer can ask for answers (key updates) that it does not read.
        if (buffered_ > max_buffered_) {
            check_overflow();
        }
    }
    if (!shut_ && !established && tls_->established() && !tls_->failed()) {
        linger_.cancel();
        handler_->on_open();
    }
    if (!shut_ && !plaintext.empty()) {
        handler_->on_bytes(plaintext);
    }
    check_filter();
}

// What it has met goes to the handler behind all that came before it.
void Connection::check_filter() {
    // The handler may have ended this connection, or given it and its filter away.
    if (shut_ || holding_ || !tls_) {
        return;
    }
    if (tls_->failed()) {
        filter_failed();
    } else if (tls_->ended()) {
        end_of_stream();
    }
}

void Connection::filter_failed() {
    log_debug("net", "{}: {}", remote_address_, tls_->error());
    clear_queue();  // cannot be encrypted any more; the alert is pending in the filter
    if (!closing_) {
        ++shard_.metrics().protocol_errors;
        close();
        handler_->on_end(tls_->error());
    }
}

// As write_gathered(): false if the kernel did not take everything.
bool Connection::write_encrypted() {
    if (tls_->pending().empty()) {
        encrypt_queue();
    }
    if (tls_->failed() && !closing_) {
        if (!holding_) {
            finish(tls_->error());
        }
        return false;
    }
    auto const bytes = tls_->pending();
    if (bytes.empty()) {
        return false;  // the handshake comes first
    }
    iovec vector{const_cast<char*>(bytes.data()), bytes.size()};
    std::size_t written = 0;
    bool const all = give(&vector, 1, bytes.size(), written);
    if (!shut_) {
        tls_->sent(written);
        unaccount(written);
    }
    return all;
}

void Connection::encrypt_queue() {
    char record[TlsFilter::record_bytes];
    while (buffered_ > tls_->pending().size() && tls_->writable() &&
           tls_->pending().size() < limits::tls_flush_bytes) {
        // Small messages share a record: each costs some thirty bytes and a pass of the cipher.
        auto const count = take_plaintext(record);
        auto const pending = tls_->pending().size();
        tls_->encrypt({record, count});
        account(tls_->pending().size() - pending);
    }
    if (closing_ && buffered_ == tls_->pending().size()) {
        auto const pending = tls_->pending().size();
        tls_->finish();
        account(tls_->pending().size() - pending);
    }
}

// Moves the front of the queue into `room`; returns how much.
std::size_t Connection::take_plaintext(std::span<char> room) {
    std::size_t filled = 0;
    while (filled < room.size() && first_ < queue_.size()) {
        auto const bytes = queue_[first_].bytes().substr(first_offset_);
        auto const count = std::min(bytes.size(), room.size() - filled);
        std::memcpy(room.data() + filled, bytes.data(), count);
        filled += count;
        consumed(count);
    }
    return filled;
}

}  // namespace engineio::net
