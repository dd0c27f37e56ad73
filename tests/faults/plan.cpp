// What a program defines itself, the linker prefers to what a shared library does: these are the
// system calls and the operator new that the server under test gets.
#include "tests/faults/plan.hpp"

#include "engineio/net/shard.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <dlfcn.h>
#include <limits>
#include <new>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace faults {

namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

struct Rule {
    std::atomic<int> error{0};
    std::atomic<int> first{0};
    std::atomic<int> step{0};
    std::atomic<std::size_t> most{unlimited};
    std::atomic<int> calls{0};
    std::atomic<int> failures{0};

    void clear() {
        error = first = step = calls = failures = 0;
        most = unlimited;
    }
};

std::array<Rule, static_cast<std::size_t>(Call::count)> rules;
std::atomic<bool> planned{false};
std::atomic<bool> sparing{false};
// By descriptor: accepted while a plan was on.
std::array<std::atomic<bool>, 4096> concerned;

std::atomic<long> allocation_to_fail{0};
std::atomic<long> allocations_made{0};

Rule& rule_of(Call call) {
    return rules[static_cast<std::size_t>(call)];
}

bool is_serving() {
    return engineio::net::Shard::current() != nullptr;
}

bool is_concerned(int fd) {
    auto const index = static_cast<std::size_t>(fd);
    return planned && is_serving() && index < concerned.size() && concerned[index];
}

// Sets errno if it is this call's turn to fail.
bool fails(Call call) {
    auto& rule = rule_of(call);
    int const number = ++rule.calls;
    int const past = number - rule.first;
    int const step = rule.step;
    bool const hit = rule.error != 0 && past >= 0 && (past == 0 || (step != 0 && past % step == 0));
    if (hit) {
        ++rule.failures;
        errno = rule.error;
    }
    return hit;
}

template <class F>
F* next(char const* name) {
    return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

Plan::Plan() {
    for (auto& rule : rules) {
        rule.clear();
    }
    sparing = false;
    planned = true;
}

Plan::~Plan() {
    planned = false;
}

void Plan::fail(Call call, int error, int first, int step) {
    auto& rule = rule_of(call);
    rule.error = 0;  // until the rest is set
    rule.calls = 0;
    rule.first = first;
    rule.step = step;
    rule.error = error;
}

void Plan::at_most(Call call, std::size_t bytes) {
    rule_of(call).most = bytes;
}

void Plan::spare(bool spared) {
    sparing = spared;
}

int Plan::calls(Call call) const {
    return rule_of(call).calls;
}

int Plan::failures(Call call) const {
    return rule_of(call).failures;
}

void fail_allocation(long number) {
    allocations_made = 0;
    allocation_to_fail = number;
}

long allocations() {
    return allocations_made;
}

}  // namespace faults

using namespace faults;

extern "C" {

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
    static auto* const real = next<decltype(accept4)>("accept4");
    if (planned && is_serving() && fails(Call::accept)) {
        return -1;
    }
    int const accepted = real(fd, address, length, flags);
    if (accepted >= 0 && static_cast<std::size_t>(accepted) < concerned.size()) {
        concerned[static_cast<std::size_t>(accepted)] = planned && !sparing;
    }
    return accepted;
}

ssize_t recv(int fd, void* room, std::size_t size, int flags) {
    static auto* const real = next<decltype(recv)>("recv");
    if (!is_concerned(fd)) {
        return real(fd, room, size, flags);
    }
    return fails(Call::receive)
               ? -1
               : real(fd, room, std::min<std::size_t>(size, rule_of(Call::receive).most), flags);
}

ssize_t send(int fd, void const* bytes, std::size_t size, int flags) {
    static auto* const real = next<decltype(send)>("send");
    if (!is_concerned(fd)) {
        return real(fd, bytes, size, flags);
    }
    return fails(Call::send)
               ? -1
               : real(fd, bytes, std::min<std::size_t>(size, rule_of(Call::send).most), flags);
}

ssize_t sendmsg(int fd, msghdr const* message, int flags) {
    static auto* const real = next<decltype(sendmsg)>("sendmsg");
    if (!is_concerned(fd)) {
        return real(fd, message, flags);
    }
    if (fails(Call::send)) {
        return -1;
    }
    auto const most = rule_of(Call::send).most.load();
    if (most == unlimited) {
        return real(fd, message, flags);
    }
    iovec part = message->msg_iov[0];
    part.iov_len = std::min(part.iov_len, most);
    msghdr shorter = *message;
    shorter.msg_iov = &part;
    shorter.msg_iovlen = 1;
    return real(fd, &shorter, flags);
}

int epoll_wait(int set, epoll_event* events, int most, int timeout) {
    static auto* const real = next<decltype(epoll_wait)>("epoll_wait");
    if (!planned || !fails(Call::wait)) {
        return real(set, events, most, timeout);
    }
    switch (rule_of(Call::wait).error) {
    case no_events:
        return 0;
    case hung_up: {
        int const count = real(set, events, most, timeout);
        for (int i = 0; i < count; ++i) {
            events[i].events |= EPOLLERR | EPOLLHUP;
        }
        return count;
    }
    default:
        return -1;
    }
}

int epoll_ctl(int set, int operation, int fd, epoll_event* event) {
    static auto* const real = next<decltype(epoll_ctl)>("epoll_ctl");
    bool const may_fail = operation != EPOLL_CTL_DEL && is_concerned(fd);
    return may_fail && fails(Call::watch) ? -1 : real(set, operation, fd, event);
}

}  // extern "C"

void* operator new(std::size_t size) {
    if (is_serving() && ++allocations_made == allocation_to_fail) {
        throw std::bad_alloc();
    }
    // The sanitizers' malloc would end the process for more.
    constexpr std::size_t most = std::size_t{1} << 36;
    if (void* const room = size < most ? std::malloc(size != 0 ? size : 1) : nullptr) {
        return room;
    }
    throw std::bad_alloc();
}

void operator delete(void* room) noexcept {
    std::free(room);
}

void operator delete(void* room, std::size_t) noexcept {
    std::free(room);
}
