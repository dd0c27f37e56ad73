#include "engineio/net/connection.hpp"

#include "engineio/limits.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <system_error>
#include <unistd.h>

namespace engineio::net {

namespace {

constexpr std::size_t max_iovecs = 64;
// A connection that always has more to read must not starve the others of its shard.
constexpr int reads_per_turn = 4;
// Time for the peer to read our last bytes and close its side.
constexpr auto discard_time = std::chrono::seconds(5);
// An idle connection keeps no more room for output than this.
constexpr std::size_t kept_queue_items = 16;

// The peer is gone, however abruptly: nothing worth a description.
bool is_disconnect(int error) {
    return error == ECONNRESET || error == EPIPE || error == ETIMEDOUT || error == ENOTCONN;
}

boost::asio::ip::tcp family_of(int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    return address.ss_family == AF_INET6 ? boost::asio::ip::tcp::v6() : boost::asio::ip::tcp::v4();
}

}  // namespace

UniqueFd::~UniqueFd() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

Connection::Connection(IoShard& shard, Handoff handoff)
    : shard_(shard), socket_(shard.context()), remote_address_(std::move(handoff.remote_address)),
      unread_(std::move(handoff.unread)) {
    auto const fd = handoff.socket.release();
    int const on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    boost::system::error_code error;
    socket_.assign(family_of(fd), fd, error);
    if (error) {
        ::close(fd);  // the kernel refuses to watch it; the first wait reports the end
    } else {
        socket_.non_blocking(true, error);
    }
    if (!handoff.unsent.empty()) {
        send(std::move(handoff.unsent));
    }
}

Connection::~Connection() {
    shard_.forget(*this);
    shard_.metrics().buffered_bytes -= buffered_;
}

void Connection::start(std::unique_ptr<ConnectionHandler> handler) {
    handler_ = std::move(handler);
    wait_readable();
    if (!unread_.empty()) {
        auto bytes = std::move(unread_);
        handler_->on_bytes(bytes);
    }
}

void Connection::replace_handler(std::unique_ptr<ConnectionHandler> next, std::string unread) {
    shard_.retire(std::exchange(handler_, std::move(next)));
    resume_reading();
    if (!unread.empty()) {
        // Runs before anything retired later, so `this` is alive.
        shard_.defer([this, unread = std::move(unread)]() mutable {
            if (!shut_ && !closing_) {
                handler_->on_bytes(unread);
            }
        });
    }
}

void Connection::send(Message message) {
    auto const bytes = message.frame().size();
    enqueue(Item{std::move(message), nullptr}, bytes);
}

void Connection::send(std::string bytes) {
    auto const size = bytes.size();
    if (size != 0) {
        enqueue(Item{{}, std::make_unique<std::string>(std::move(bytes))}, size);
    }
}

void Connection::enqueue(Item item, std::size_t bytes) {
    if (shut_ || closing_) {
        return;
    }
    // A single big item on an empty queue is an answer, not a slow reader.
    bool const had_output = buffered_ != 0;
    queue_.push_back(std::move(item));
    buffered_ += bytes;
    shard_.metrics().buffered_bytes += bytes;
    shard_.mark_dirty(*this);
    if (had_output && buffered_ > limits::max_buffered_bytes && !overflown_) {
        overflown_ = true;
        shard_.defer([this] { check_overflow(); });
    }
}

void Connection::check_overflow() {
    overflown_ = false;
    // A burst of one turn is not yet a slow reader: the kernel may take it.
    flush();
    if (!shut_ && buffered_ > limits::max_buffered_bytes) {
        ++shard_.metrics().slow_readers_closed;
        finish("write buffer limit");
    }
}

void Connection::resume_reading() {
    // If it was not paused, a wait is pending or will be after the present read.
    if (std::exchange(paused_, false) && !shut_ && !peer_ended_) {
        wait_readable();
    }
}

void Connection::close() {
    if (shut_ || closing_) {
        return;
    }
    closing_ = true;
    if (buffered_ == 0) {
        queue_emptied();
    } else {
        shard_.mark_dirty(*this);
        linger(limits::close_timeout);
    }
}

void Connection::shut() {
    if (shut_) {
        return;
    }
    shut_ = true;
    clear_queue();
    linger_.cancel();
    boost::system::error_code ignored;
    socket_.close(ignored);  // whatever it reports, the descriptor is gone
    retire_if_idle();
}

void Connection::cut() {
    if (!shut_ && !closing_) {
        finish({});
    }
    shut();
}

Handoff Connection::release(std::string unread) {
    write_queue();
    Handoff handoff{{}, remote_address_, {}, std::move(unread)};
    for (auto i = first_; i < queue_.size(); ++i) {
        handoff.unsent += queue_[i].bytes().substr(i == first_ ? first_offset_ : 0);
    }
    if (!shut_) {
        boost::system::error_code error;
        int const fd = socket_.release(error);
        handoff.socket = UniqueFd(error ? -1 : fd);
        shut();
    }
    return handoff;
}

// --- output ------------------------------------------------------------------------------------

void Connection::flush() {
    // While a wait is pending the kernel is full; trying would be one wasted call per turn.
    if (!shut_ && !waiting_write_ && buffered_ != 0) {
        ++shard_.metrics().flushes;
        write_queue();
        if (!shut_ && buffered_ == 0) {
            queue_emptied();
        }
    }
}

void Connection::write_queue() {
    while (!shut_ && buffered_ != 0) {
        iovec vectors[max_iovecs];
        std::size_t count = 0;
        std::size_t total = 0;
        for (auto i = first_; i < queue_.size() && count < max_iovecs; ++i) {
            auto const bytes = queue_[i].bytes().substr(i == first_ ? first_offset_ : 0);
            vectors[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
            total += bytes.size();
        }
        msghdr message{};
        message.msg_iov = vectors;
        message.msg_iovlen = count;
        auto const written = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            fail(errno);
            return;
        }
        if (written > 0) {
            consumed(static_cast<std::size_t>(written));
        }
        if (written < 0 || static_cast<std::size_t>(written) < total) {
            wait_writable();
            return;
        }
    }
}

void Connection::consumed(std::size_t bytes) {
    buffered_ -= bytes;
    shard_.metrics().buffered_bytes -= bytes;
    shard_.metrics().bytes_out += bytes;
    first_offset_ += bytes;
    while (first_ < queue_.size() && first_offset_ >= queue_[first_].bytes().size()) {
        first_offset_ -= queue_[first_].bytes().size();
        queue_[first_++] = {};
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
        handler_->on_drain();
        return;
    }
    if (peer_ended_) {
        shut();
        return;
    }
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);  // fails if the peer has reset: read sees it
    half_shut_ = true;
    linger(discard_time);
    resume_reading();
}

void Connection::clear_queue() {
    shard_.metrics().buffered_bytes -= buffered_;
    buffered_ = 0;
    first_ = 0;
    first_offset_ = 0;
    queue_.clear();
    if (queue_.capacity() > kept_queue_items) {
        queue_.shrink_to_fit();
    }
}

void Connection::wait_writable() {
    if (waiting_write_) {
        return;
    }
    waiting_write_ = true;
    socket_.async_wait(Socket::wait_write, [this](boost::system::error_code const&) {
        shard_.enter([this] {
            waiting_write_ = false;
            if (shut_) {
                retire_if_idle();
            } else {
                if (closing_) {
                    linger(limits::close_timeout);  // it still reads: progress renews the patience
                }
                flush();
            }
        });
    });
}

// --- input -------------------------------------------------------------------------------------

void Connection::wait_readable() {
    if (waiting_read_) {
        return;
    }
    waiting_read_ = true;
    socket_.async_wait(Socket::wait_read, [this](boost::system::error_code const&) {
        shard_.enter([this] {
            waiting_read_ = false;
            if (shut_) {
                retire_if_idle();
                return;
            }
            read_available();
            if (!shut_ && !peer_ended_ && !paused_) {
                wait_readable();
            }
        });
    });
}

void Connection::read_available() {
    auto const buffer = shard_.read_buffer();
    for (int round = 0; round < reads_per_turn && !shut_ && !paused_; ++round) {
        auto const received = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
        if (received == 0) {
            end_of_stream();
            return;
        }
        if (received < 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno != EAGAIN && errno != EWOULDBLOCK) {
                fail(errno);
            }
            return;
        }
        auto const count = static_cast<std::size_t>(received);
        shard_.metrics().bytes_in += count;
        auto const* const reader = handler_.get();
        if (!closing_) {
            handler_->on_bytes(buffer.first(count));
        }
        // Drained: a further read would only say so. Or a new protocol, which gets the rest of the
        // old one's bytes first, in the dispatch phase.
        if (count < buffer.size() || handler_.get() != reader) {
            return;
        }
    }
}

void Connection::end_of_stream() {
    peer_ended_ = true;
    if (!closing_) {
        handler_->on_end({});
    } else if (half_shut_) {
        shut();
    }
}

// --- the end -----------------------------------------------------------------------------------

void Connection::fail(int error) {
    bool const gone = is_disconnect(error);
    finish(gone ? std::string() : std::generic_category().message(error));
}

void Connection::finish(std::string_view error) {
    bool const tell = !closing_;
    shut();
    if (tell) {
        handler_->on_end(error);
    }
}

void Connection::linger(Clock::duration patience) {
    linger_ = shard_.timers().after(patience, [this] { shut(); });
}

void Connection::retire_if_idle() {
    if (!waiting_read_ && !waiting_write_ && !retired_) {
        retired_ = true;
        shard_.disown(*this);
    }
}

}  // namespace engineio::net
