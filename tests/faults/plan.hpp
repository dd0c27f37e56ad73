#pragma once

#include <cstddef>

namespace faults {

// The system calls of a server that can be made to fail. `watch` is epoll_ctl, `wait` epoll_wait.
enum class Call { accept, receive, send, watch, wait, count };

// Errors of `wait` that epoll_wait does not call so.
inline constexpr int no_events = -1;  // it returns at once with none: those there are come later
inline constexpr int hung_up = -2;    // whatever is ready has an error and a hang-up besides

// Makes system calls of this process fail as planned, from its construction to its destruction. One
// at a time. Only calls of a server's thread inside a turn are concerned, so neither those of the
// test's own clients nor Asio's; receive and send also only on connections accepted meanwhile. Of
// `wait` all calls are, Asio's and those of the connections' own set: clients here make none.
class Plan {
public:
    Plan();
    ~Plan();
    Plan(Plan const&) = delete;
    Plan& operator=(Plan const&) = delete;

    // The `first`th call from now on (1: the next) fails with `error`, and every `step`th after it
    // (0: none; 1: all).
    void fail(Call call, int error, int first = 1, int step = 0);
    // Calls transfer at most so many bytes; receive and send.
    void at_most(Call call, std::size_t bytes);
    // Connections accepted from now on are spared, or not any more.
    void spare(bool spared);

    // Calls so far, and those that were made to fail.
    int calls(Call call) const;
    int failures(Call call) const;
};

// The allocation of that number from now on, of a server's thread inside a turn, throws
// std::bad_alloc; 0: none does. See memory.cpp.
void fail_allocation(long number);
// Allocations so far since then.
long allocations();

}  // namespace faults
