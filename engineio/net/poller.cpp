#include "engineio/net/poller.hpp"

#include <cerrno>
#include <sys/epoll.h>
#include <system_error>

namespace engineio::net {

Poller::Poller() : set_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!set_) {
        throw std::system_error(errno, std::generic_category(), "epoll_create1");
    }
}

bool Poller::watch(int fd, Pollable& target, Interest interest) {
    auto const before = target.watched_;
    if (interest == before) {
        return true;
    }
    epoll_event event{};
    event.events = (includes(interest, Interest::read) ? static_cast<unsigned>(EPOLLIN) : 0U) |
                   (includes(interest, Interest::write) ? static_cast<unsigned>(EPOLLOUT) : 0U);
    event.data.ptr = &target;
    // Not merely an empty set: the kernel would go on reporting a hang-up that nobody reads.
    bool const remove = interest == Interest::none;
    int const operation = before == Interest::none ? EPOLL_CTL_ADD
                          : remove                 ? EPOLL_CTL_DEL
                                                   : EPOLL_CTL_MOD;
    bool const done = ::epoll_ctl(set_.get(), operation, fd, &event) == 0;
    if (done || remove) {
        target.watched_ = interest;
    }
    for (std::size_t i = next_; remove && i < count_; ++i) {
        if (ready_[i].target == &target) {
            ready_[i].target = nullptr;
        }
    }
    return done;
}

void Poller::collect() {
    epoll_event events[max_ready];
    int const count = ::epoll_wait(set_.get(), events, max_ready, 0);
    next_ = 0;
    count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    for (std::size_t i = 0; i < count_; ++i) {
        auto const bits = events[i].events;
        bool const ended = (bits & (EPOLLERR | EPOLLHUP)) != 0;
        auto const read = ended || (bits & EPOLLIN) != 0 ? Interest::read : Interest::none;
        auto const write = ended || (bits & EPOLLOUT) != 0 ? Interest::write : Interest::none;
        ready_[i] = {static_cast<Pollable*>(events[i].data.ptr), read | write};
    }
}

void Poller::serve_one() {
    auto const [target, ready] = ready_[next_++];
    if (!target) {
        return;
    }
    // A turn may have ended since it was collected, and with it the wish for one of the two.
    int const wanted = static_cast<int>(ready) & static_cast<int>(target->watched_);
    if (wanted != 0) {
        target->on_ready(static_cast<Interest>(wanted));
    }
}

}  // namespace engineio::net
