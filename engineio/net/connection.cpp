#include "engineio/net/connection.hpp"

#include "engineio/limits.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace engineio::net {

namespace {

// The peer is gone, however abruptly: nothing worth a description.
bool is_disconnect(int error) {
    return error == ECONNRESET || error == EPIPE || error == ETIMEDOUT || error == ENOTCONN;
}

}  // namespace

UniqueFd::~UniqueFd() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

Connection::Connection(IoShard& shard, Handoff handoff)
    : shard_(shard), socket_(std::move(handoff.socket)), tls_(std::move(handoff.tls)),
      remote_address_(std::move(handoff.remote_address)), seat_(std::move(handoff.seat)) {
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

void Connection::start(std::unique_ptr<ConnectionHandler> handler, std::string unread) {
    handler_ = std::move(handler);
    watch();
    tls_ && !tls_->established() ? start_tls() : handler_->on_open();
    if (!unread.empty()) {
        handler_->on_bytes(unread);
    }
}

void Connection::replace_handler(std::unique_ptr<ConnectionHandler> next, std::string unread) {
    shard_.retire(std::exchange(handler_, std::move(next)));
    tell_drained_ = true;
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
    if (std::exchange(paused_, false)) {
        watch();
        if (holding_) {
            shard_.serve_later(*this);
        }
    }
}

void Connection::hold_input() {
    if (shut_ || closing_) {
        return;
    }
    holding_ = true;
    watch();
    if (!paused_) {
        shard_.serve_later(*this);
    }
}

void Connection::close() {
    if (shut_ || closing_) {
        return;
    }
    closing_ = true;
    bool const held = std::exchange(holding_, false);
    shard_.let_go(*this);
    if (write_error_ != 0) {
        shut();
    } else if (!has_output()) {
        queue_emptied();
    } else {
        shard_.mark_dirty(*this);
        linger(limits::close_timeout);
    }
    if (held && !shut_) {
        watch();
    }
}

void Connection::shut() {
    if (shut_) {
        return;
    }
    shut_ = true;
    holding_ = false;  // else whoever resumes reading now would put it in line again
    clear_queue();
    unaccount(buffered_);
    linger_.cancel();
    watch();
    socket_ = UniqueFd();
    seat_.reset();
    shard_.disown(*this);
}

void Connection::cut() {
    if (!shut_ && !closing_) {
        finish({});
    }
    shut();
}

Handoff Connection::release(std::string unread) {
    write_queue();
    Handoff handoff{{}, remote_address_, {}, std::move(unread), {}, {}};
    for (auto i = first_; i < queue_.size(); ++i) {
        handoff.unsent += queue_[i].bytes().substr(i == first_ ? first_offset_ : 0);
    }
    if (!shut_) {
        shard_.poller().watch(socket_.get(), *this, Interest::none);
        handoff.socket = std::move(socket_);
        handoff.tls = std::move(tls_);
        handoff.seat = std::move(seat_);
        shut();
    }
    return handoff;
}

// --- input -------------------------------------------------------------------------------------

// Waits for what can go on now.
void Connection::watch() {
    auto const read = reads() ? Interest::read : Interest::none;
    auto const write = waiting_write_ ? Interest::write : Interest::none;
    if (!shard_.poller().watch(socket_.get(), *this, shut_ ? Interest::none : read | write)) {
        // The kernel has no memory for it: unheard it would stay for ever. Runs before anything
        // retired later, so `this` is alive.
        shard_.defer([this] { cut(); });
    }
}

bool Connection::reads() const {
    return !paused_ && !holding_ && !peer_ended_ && !held_off_;
}

void Connection::on_ready(Interest ready) {
    shard_.serving(*this);
    if (includes(ready, Interest::write)) {
        waiting_write_ = false;
        if (closing_) {
            linger(limits::close_timeout);  // it still reads: progress renews the patience
        }
        flush();
    }
    if (includes(ready, Interest::read) && !shut_ && reads()) {
        read_available();
    }
    if (!shut_) {
        watch();
    }
}

void Connection::serve_held() {
    if (shut_ || paused_ || held_off_ || !std::exchange(holding_, false)) {
        return;
    }
    shard_.serving(*this);
    handler_->on_held_input();
    // What was put off until then.
    if (!holding_ && write_error_ != 0 && !shut_) {
        fail(write_error_);
    }
    check_filter();
    if (!shut_) {
        watch();
    }
}

// Not who is leaving: what it still says is for nobody.
bool Connection::hold_off() {
    if (held_off_ || closing_ || handler_->parting()) {
        return false;
    }
    held_off_ = true;
    watch();
    return true;
}

void Connection::let_go() {
    held_off_ = false;
    watch();
    if (holding_ && !paused_) {
        shard_.serve_later(*this);
    }
}

// Once: if there is more, the socket is ready again in the next turn, behind the others.
void Connection::read_available() {
    auto const buffer = shard_.read_buffer();
    auto const received = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (received == 0) {
        end_of_stream();
        return;
    }
    if (received < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            fail(errno);
        }
        return;
    }
    auto const count = static_cast<std::size_t>(received);
    shard_.metrics().bytes_in += count;
    if (!closing_) {
        tls_ ? read_encrypted(buffer.first(count)) : handler_->on_bytes(buffer.first(count));
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
    if (holding_) {
        // What the peer has said comes first, as if it had been read at once.
        write_error_ = error;
        return;
    }
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

}  // namespace engineio::net
