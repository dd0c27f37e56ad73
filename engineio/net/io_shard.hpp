#pragma once

#include "engineio/net/output_queue.hpp"
#include "engineio/net/poller.hpp"
#include "engineio/net/shard.hpp"
#include "engineio/net/unused_memory.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace engineio::net {

class Connection;

// A shard driven by the real world: an io_context for one thread, in which the epoll set of its
// connections is one descriptor, one timer that sleeps until the wheel's next deadline, and the
// read buffer all its connections share (an idle connection holds none). Owns its connections.
// Owned by HttpServer.
class IoShard final : public Shard {
public:
    explicit IoShard(unsigned index);
    ~IoShard() override;

    // Runs the calling thread as this shard until stop(); returns when every connection is gone.
    void run();
    // Any thread, any number of times. The current turn is finished and flushed first.
    void stop();
    bool stopping() const { return stopping_; }
    // In a turn. Calls `then` once no connection owes an answer or has last words that its peer may
    // still want to read, for it has read some within `patience`; at `limit` at the latest.
    void when_quiet(TimePoint limit, Clock::duration patience, std::function<void()> then);

    boost::asio::io_context& context() { return context_; }
    Poller& poller() { return poller_; }
    OutputRooms& output_rooms() { return output_rooms_; }
    std::span<char> read_buffer() { return {buffer_.get(), buffer_bytes_}; }
    // Room for what a full read buffer decrypts to. Made at the first use.
    std::span<char> plaintext_buffer();

    // Every completion handler does its work in here: one turn, with the timers brought up to date.
    template <class Body>
    void enter(Body&& body) {
        {
            Turn turn(*this, Clock::now());
            run_timers();
            std::forward<Body>(body)();
        }
        arm_timer();
        // After the last turn of a busy time, too: what ends it is what frees the most.
        if (!trims_) {
            trim_later(UnusedMemory::claim());
        }
    }

    void own(std::unique_ptr<Connection> connection);
    // Lets the connection go on with the input it holds, in a later turn of its own: between two of
    // them are whoever is ready and what others have posted.
    void serve_later(Connection& connection);
    // What is ready for one connection, whose own dispatch phase this has. It waits afterwards if
    // that was more work for a shard that has too much already.
    template <class Body>
    void serve(Body&& body) {
        // What timers and others have left is not its doing.
        dispatch();
        take_burdened();
        served_ = nullptr;
        std::forward<Body>(body)();
        dispatch();
        auto* const connection = std::exchange(served_, nullptr);
        if (connection && take_burdened()) {
            hold_off(*connection);
        }
    }
    // To be told by the connection, in there.
    void serving(Connection& connection) { served_ = &connection; }
    // Ends its waiting.
    void let_go(Connection& connection);
    // Destroys the connection after the calls that are on the stack now.
    void disown(Connection& connection);

    // Destroys any object when the stack is empty: nothing dies inside its own call. Without memory
    // for that the process ends, as the object would die at once.
    template <class T>
    void retire(std::unique_ptr<T> object) noexcept {
        defer([object = std::move(object)]() mutable { object.reset(); });
    }

private:
    void wake() override;
    void wait_ready();
    void serve_ready();
    void hold_off(Connection& connection);
    void look_at_others_later();
    void look_at_others();
    void call_next_held();
    void serve_next_held();
    void stop_when_flushed();
    void arm_timer();
    void trim_later(bool everything);
    void trim();
    void cut_all();
    void look_if_quiet();
    bool quiet();

    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    boost::asio::steady_timer timer_;
    boost::asio::steady_timer trim_timer_;
    boost::asio::steady_timer look_timer_;
    Poller poller_;
    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> ready_;
    TimePoint armed_until_ = TimePoint::max();
    std::size_t buffer_bytes_;
    std::unique_ptr<char[]> buffer_;
    std::unique_ptr<char[]> plaintext_;
    OutputRooms output_rooms_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<Connection*> line_;      // those that hold input, in the order of their turns
    bool line_called_ = false;           // serve_next_held() is on its way
    Connection* served_ = nullptr;       // the one whose input is handled now, while it lives
    std::vector<Connection*> held_off_;  // until no other shard is behind
    bool reads_nothing_ = false;         // nor waits for that, until no other is far behind
    bool looks_ = false;                 // look_timer_ is armed
    std::function<void()> when_quiet_;
    TimePoint quiet_limit_{};
    Clock::duration patience_{};
    TimePoint silent_since_{};  // nothing was written since
    std::uint64_t bytes_out_then_ = 0;
    OneShot quiet_timer_;
    bool stopping_ = false;
    bool trims_ = false;             // trim_timer_ is armed
    bool trims_everything_ = false;  // has claimed the process's memory, not only this shard's
};

}  // namespace engineio::net
