// The outgoing queue of a Connection and how it reaches the kernel.

#include "engineio/net/connection.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

namespace engineio::net {

namespace {

constexpr auto max_iovecs = limits::max_messages_per_flush;
// Time for the peer to read our last bytes and close its side.
constexpr auto discard_time = std::chrono::seconds(5);

}  // namespace

void Connection::send(Message message) {
    OutputItem one(std::move(message));
    enqueue({&one, 1});
}

void Connection::send(std::string bytes) {
    if (!bytes.empty()) {
        OutputItem one(std::move(bytes));
        enqueue({&one, 1});
    }
}

void Connection::send(std::string head, SharedBytes body) {
    std::array<OutputItem, 2> both = {OutputItem(std::move(head)), OutputItem(std::move(body))};
    enqueue(std::span(both).first(both[1].bytes().empty() ? 1 : 2));
}

// One message or answer, however many pieces it has.
void Connection::enqueue(std::span<OutputItem> items) {
    if (shut_ || closing_) {
        return;
    }
    // Something big on an empty queue is an answer, not a slow reader.
    bool const had_output = buffered_ != 0;
    if (queue_.capacity() == 0) {
        queue_ = shard_.output_rooms().borrow();
    }
    for (auto& item : items) {
        account(item.bytes().size());
        queue_.push_back(std::move(item));
    }
    shard_.mark_dirty(*this);
    bool const worth_a_call = queue_.size() - first_ >= max_iovecs && !waiting_write_;
    overflown_ = overflown_ || (had_output && overfull());
    if (worth_a_call || overflown_) {
        shard_.mark_urgent(*this);
    }
}

bool Connection::overfull() const {
    return buffered_ > max_buffered_ ||
           queue_.size() - first_ > limits::max_queued_messages(max_buffered_);
}

void Connection::account(std::size_t added) {
    buffered_ += added;
    shard_.metrics().buffered_bytes += added;
}

void Connection::unaccount(std::size_t removed) {
    buffered_ -= removed;
    shard_.metrics().buffered_bytes -= removed;
}

void Connection::relieve() {
    std::exchange(overflown_, false) ? check_overflow() : flush();
}

// A burst of one turn is not yet a slow reader: the kernel may take it.
void Connection::check_overflow() {
    flush();
    if (!shut_ && overfull()) {
        ++shard_.metrics().slow_readers_closed;
        shard_.limit_hit("max_buffered_bytes", remote_address_);
        finish("write buffer limit");
    }
}

void Connection::flush() {
    // While a wait is pending the kernel is full; trying would be one wasted call per turn.
    if (!shut_ && !waiting_write_ && write_error_ == 0 && has_output()) {
        ++shard_.metrics().flushes;
        write_queue();
        if (!shut_ && !has_output()) {
            queue_emptied();
        }
    }
}

bool Connection::has_output() const {
    // A TLS stream ends with a message of its own.
    return buffered_ != 0 || (closing_ && tls_ && tls_->writable());
}

void Connection::write_queue() {
    while (!shut_ && has_output() && (tls_ ? write_encrypted() : write_gathered())) {
    }
}

bool Connection::write_gathered() {
    iovec vectors[max_iovecs];
    std::size_t count = 0;
    std::size_t total = 0;
    for (auto i = first_; i < queue_.size() && count < max_iovecs; ++i) {
        auto const bytes = queue_[i].bytes().substr(i == first_ ? first_offset_ : 0);
        vectors[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
        total += bytes.size();
    }
    std::size_t written = 0;
    bool const all = give(vectors, count, total, written);
    consumed(written);
    return all;
}

// False if the kernel did not take everything: then a wait is pending or the connection is shut.
bool Connection::give(iovec* vectors, std::size_t count, std::size_t total, std::size_t& written) {
    msghdr message{};
    message.msg_iov = vectors;
    message.msg_iovlen = count;
    ssize_t result;
    do {
        // The kernel is faster without a vector to fetch.
        result = count == 1
                     ? ::send(socket_.get(), vectors->iov_base, vectors->iov_len, MSG_NOSIGNAL)
                     : ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    } while (result < 0 && errno == EINTR);
    if (result < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
        fail(errno);
        return false;
    }
    written = result > 0 ? static_cast<std::size_t>(result) : 0;
    shard_.metrics().bytes_out += written;
    if (written < total) {
        waiting_write_ = true;
        watch();
    }
    return written == total;
}

void Connection::consumed(std::size_t bytes) {
    if (bytes == buffered_) {
        clear_queue();  // all of it, as nearly always
        return;
    }
    unaccount(bytes);
    first_offset_ += bytes;
    while (first_ < queue_.size() && first_offset_ >= queue_[first_].bytes().size()) {
        first_offset_ -= queue_[first_].bytes().size();
        queue_[first_++] = OutputItem();
    }
    if (first_ == queue_.size()) {
        clear_queue();
    } else if (first_ > max_iovecs && first_ > queue_.size() / 2) {
        // A reader that is always a little behind never empties the queue.
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
}

void Connection::queue_emptied() {
    if (!closing_) {
        if (tell_drained_) {
            handler_->on_drain();
        }
        return;
    }
    if (peer_ended_) {
        shut();
        return;
    }
    ::shutdown(socket_.get(), SHUT_WR);  // fails if the peer has reset: read sees it
    half_shut_ = true;
    linger(discard_time);
    resume_reading();
}

void Connection::clear_queue() {
    unaccount(buffered_ - (tls_ ? tls_->pending().size() : 0));
    first_ = 0;
    first_offset_ = 0;
    if (queue_.capacity() != 0) {
        shard_.output_rooms().give_back(std::exchange(queue_, {}));
    }
}

}  // namespace engineio::net
