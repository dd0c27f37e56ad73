#include "engineio/net/http_connection.hpp"

#include <algorithm>
#include <utility>

namespace engineio::net {

AnswerWatch::~AnswerWatch() {
    if (connection_) {
        connection_->unwatch();
    }
}

std::size_t AnswerWatch::unwritten() const {
    return connection_ ? connection_->unwritten(*this) : 0;
}

void AnswerWatch::flush() {
    if (connection_) {
        connection_->flush();
    }
}

void AnswerWatch::drop() {
    if (unwritten() != 0) {
        connection_->cut();
    }
}

void HttpConnection::watch(AnswerWatch& watch, std::size_t bytes) {
    if (watch.connection_ != this) {
        unwatch();
        if (watch.connection_) {
            watch.connection_->unwatch();
        }
        watch.connection_ = this;
        watch_ = &watch;
    }
    watch.bytes_ += bytes;
}

void HttpConnection::unwatch() {
    if (auto* const watch = std::exchange(watch_, nullptr)) {
        watch->connection_ = nullptr;
        watch->bytes_ = 0;
    }
}

// Answers before and after it may be queued as well, but they are the same peer's.
std::size_t HttpConnection::unwritten(AnswerWatch const& watch) const {
    return std::min(watch.bytes_, connection_.buffered_bytes());
}

}  // namespace engineio::net
