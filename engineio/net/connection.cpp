#include "engineio/net/connection.hpp"

#include "engineio/limits.hpp"

#include <cerrno>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace engineio::net {

namespace {

// A connection that always has more to read must not starve the others of its shard.
constexpr int reads_per_turn = 4;

// The peer is gone, however abruptly: nothing worth a description.
bool is_disconnect(int error) {
    return error == ECONNRESET || error == EPIPE || error == ETIMEDOUT || error == ENOTCONN;
}

int family_of(int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    return address.ss_family;
}

}  // namespace

UniqueFd::~UniqueFd() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

Connection::Connection(IoShard& shard, Handoff handoff)
    : shard_(shard), socket_(shard.context()), remote_address_(std::move(handoff.remote_address)),
      unread_(std::move(handoff.unread)), tls_(std::move(handoff.tls)) {
    auto const fd = handoff.socket.release();
    int const family = family_of(fd);
    if (int const on = 1; family != AF_UNIX) {
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    boost::system::error_code error;
    socket_.assign(Socket::protocol_type(family, 0), fd, error);
    if (error) {
        ::close(fd);  // the kernel refuses to watch it; the first wait reports the end
    } else {
        socket_.non_blocking(true, error);
    }
    if (tls_ && !tls_->pending().empty()) {
        account(tls_->pending().size());
        shard_.mark_dirty(*this);
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
    tls_ && !tls_->established() ? start_tls() : handler_->on_open();
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
    if (!has_output()) {
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
    unaccount(buffered_);
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
    Handoff handoff{{}, remote_address_, {}, std::move(unread), {}};
    for (auto i = first_; i < queue_.size(); ++i) {
        handoff.unsent += queue_[i].bytes().substr(i == first_ ? first_offset_ : 0);
    }
    if (!shut_) {
        boost::system::error_code error;
        int const fd = socket_.release(error);
        handoff.socket = UniqueFd(error ? -1 : fd);
        handoff.tls = std::move(tls_);
        shut();
    }
    return handoff;
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
    for (int round = 0; round < reads_per_turn && !shut_ && !paused_ && !peer_ended_; ++round) {
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
            tls_ ? read_encrypted(buffer.first(count)) : handler_->on_bytes(buffer.first(count));
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
