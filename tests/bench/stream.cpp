#include "tests/bench/stream.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace bench {

namespace {

constexpr std::size_t buffer_bytes = 1 << 20;
constexpr int max_events = 512;
constexpr std::size_t max_printed = 8;
// A port range of one address has room for 28,000 connections.
constexpr unsigned source_addresses = 8;

std::size_t complaint_count = 0;

sockaddr_in loopback(unsigned last, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last);
    return address;
}

}  // namespace

void complain(std::string const& what) {
    if (++complaint_count <= max_printed) {
        std::fprintf(stderr, "hubbub-load: %s\n", what.c_str());
    }
}

std::size_t complaints() {
    return complaint_count;
}

void Stream::open(std::uint16_t port) {
    static unsigned source = 0;
    close();
    ++opening_;
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int const on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    auto const from = loopback(1 + source++ % source_addresses, 0);
    auto const to = loopback(1, port);
    if (fd_ < 0 || ::bind(fd_, reinterpret_cast<sockaddr const*>(&from), sizeof from) != 0 ||
        (::connect(fd_, reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0 &&
         errno != EINPROGRESS)) {
        complain(std::string("can't connect: ") + std::strerror(errno));
        std::exit(2);
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT;
    event.data.ptr = this;
    ::epoll_ctl(loop_.set_, EPOLL_CTL_ADD, fd_, &event);
    writing_ = true;
}

void Stream::close() {
    if (fd_ >= 0) {
        ::close(std::exchange(fd_, -1));
    }
    output_.clear();
    rest_.clear();
}

void Stream::watch(bool writing) {
    if (std::exchange(writing_, writing) != writing) {
        epoll_event event{};
        event.events = EPOLLIN | (writing ? static_cast<unsigned>(EPOLLOUT) : 0U);
        event.data.ptr = this;
        ::epoll_ctl(loop_.set_, EPOLL_CTL_MOD, fd_, &event);
    }
}

void Stream::flush() {
    if (fd_ < 0 || output_.empty() || writing_) {
        return;
    }
    auto const sent = ::send(fd_, output_.data(), output_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        lose();
        return;
    }
    output_.erase(0, sent < 0 ? 0 : static_cast<std::size_t>(sent));
    watch(!output_.empty());
}

void Stream::lose() {
    close();
    on_lost();
}

void Stream::on_event(unsigned events) {
    auto const opening = opening_;
    if (fd_ < 0) {
        return;  // closed by an event before this one
    }
    if (events & EPOLLOUT) {
        watch(false);
    }
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        read();
    }
    if (opening == opening_) {
        flush();
    }
}

void Stream::read() {
    auto& buffer = loop_.buffer();
    auto const kept = rest_.size();
    std::memcpy(buffer.data(), rest_.data(), kept);
    rest_.clear();
    auto const count = ::recv(fd_, buffer.data() + kept, buffer.size() - kept, 0);
    if (count <= 0) {
        if (count == 0 || errno != EAGAIN) {
            lose();
        } else {
            rest_.assign(buffer.data(), kept);
        }
        return;
    }
    auto const opening = opening_;
    std::string_view const bytes(buffer.data(), kept + static_cast<std::size_t>(count));
    auto const used = on_bytes(bytes);
    if (opening == opening_ && fd_ >= 0) {
        rest_.assign(bytes.substr(used));
    }
}

Loop::Loop() : set_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(buffer_bytes) {}

Loop::~Loop() {
    ::close(set_);
}

void Loop::serve() {
    epoll_event events[max_events];
    int const count = ::epoll_wait(set_, events, max_events, 1);
    for (int i = 0; i < count; ++i) {
        static_cast<Stream*>(events[i].data.ptr)->on_event(events[i].events);
    }
    for (auto const& task : std::exchange(tasks_, {})) {
        task();
    }
}

bool Loop::run(std::function<bool()> const& done, Clock::duration limit) {
    auto const deadline = Clock::now() + limit;
    while (!done()) {
        if (Clock::now() > deadline) {
            return false;
        }
        serve();
    }
    return true;
}

}  // namespace bench
