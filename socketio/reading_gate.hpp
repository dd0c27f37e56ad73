#pragma once

#include <cstddef>

namespace socketio {

class Client;

/// How much unfinished work one connection has caused, and whether more is read from it. Made for
/// its first coroutine handler or waiting event; shared with those, which may outlive the
/// connection.
///
/// Reading pauses above SocketLimits::max_unfinished_handlers or max_unfinished_bytes and goes on
/// at half of that. It never pauses while an acknowledgement of this client is awaited: the
/// handlers may be waiting for just what would not be read.
class ReadingGate {
public:
    explicit ReadingGate(Client& client) : client_(&client) {}

    /// What begins from here on is the newest event's.
    void next_event() { newest_ = 0; }
    void began(std::size_t bytes);
    void ended(std::size_t bytes);
    void expect_acks(std::size_t pending);  // how many there are now
    void connection_gone() { client_ = nullptr; }
    bool paused() const { return paused_; }
    std::size_t unfinished() const { return unfinished_; }

private:
    void decide();
    bool is_overloaded();

    Client* client_;  // null once closed
    std::size_t unfinished_ = 0;
    std::size_t bytes_ = 0;   // of what these keep
    std::size_t newest_ = 0;  // of them, what began for the newest event
    std::size_t pending_acks_ = 0;
    bool paused_ = false;
};

}  // namespace socketio
