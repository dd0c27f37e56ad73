#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

class Loop;

// One TCP connection to the server under test, without waiting and without copying what can be
// looked at in the loop's buffer. Errors end it; a stream can be opened again.
class Stream {
public:
    explicit Stream(Loop& loop) : loop_(loop) {}
    virtual ~Stream() { close(); }
    Stream(Stream const&) = delete;
    Stream& operator=(Stream const&) = delete;

    void open(std::uint16_t port);
    void close();
    bool is_open() const { return fd_ >= 0; }
    // Written when the present event has been handled, or by flush().
    std::string& output() { return output_; }
    void flush();
    Loop& loop() { return loop_; }

protected:
    // What arrived and was not consumed yet; returns how much of it is done with.
    virtual std::size_t on_bytes(std::string_view bytes) = 0;
    // The server ended it, or it could not be opened.
    virtual void on_lost() = 0;

private:
    friend class Loop;
    void on_event(unsigned events);
    void read();
    void lose();
    void watch(bool writing);

    Loop& loop_;
    int fd_ = -1;
    std::uint64_t opening_ = 0;  // counts the calls of open()
    bool writing_ = false;       // the kernel is full, or has not connected yet
    std::string output_;
    std::string rest_;  // an incomplete frame or answer
};

class Loop {
public:
    Loop();
    ~Loop();
    Loop(Loop const&) = delete;
    Loop& operator=(Loop const&) = delete;

    // Serves events until `done` says so; false if that takes longer than `limit`.
    bool run(std::function<bool()> const& done, Clock::duration limit);
    // Runs once the present events are handled.
    void later(std::function<void()> task) { tasks_.push_back(std::move(task)); }
    std::vector<char>& buffer() { return buffer_; }

private:
    friend class Stream;
    void serve();

    int set_;
    std::vector<char> buffer_;
    std::vector<std::function<void()>> tasks_;
};

// What went wrong so far; the first few are printed.
void complain(std::string const& what);
std::size_t complaints();

}  // namespace bench
