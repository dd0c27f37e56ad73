#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace loopback {

// A blocking client on this machine that says exactly the bytes it is told and gives up waiting
// after five seconds. Owned by one test case.
class RawClient {
public:
    explicit RawClient(std::uint16_t port, int receive_buffer_bytes = 0);
    // `host` is "127.0.0.1", "::1" or "unix:/path".
    RawClient(std::string const& host, std::uint16_t port);
    // Whether somebody listens there.
    static bool reaches(std::string const& host, std::uint16_t port);
    virtual ~RawClient();
    RawClient(RawClient const&) = delete;
    RawClient& operator=(RawClient const&) = delete;

    // False if the peer has cut the connection.
    bool send(std::string_view bytes);
    void send_byte_by_byte(std::string_view bytes);
    // A masked client frame.
    bool send_frame(int first_byte, std::string_view payload);

    // Reads until the buffer has `text`, and returns everything up to and including it.
    std::string read_until(std::string_view text);
    std::string read_exactly(std::size_t count);
    // One HTTP answer: head, and the body its Content-Length announces.
    std::string read_answer();
    // The payload of one unmasked frame; `first_byte` receives FIN, RSV and opcode.
    std::string read_frame(int& first_byte);
    // Everything until the end of the stream; fails the test if the peer keeps it open.
    std::string read_all();

    void end_output();  // half close
    void reset();       // RST
    int descriptor() const { return fd_; }
    // It has waited in vain.
    bool stuck() const { return stuck_; }

protected:
    // As send(2) and recv(2); a client over TLS puts its layer here.
    virtual long transmit(std::string_view bytes);
    virtual long receive(char* room, std::size_t size);

private:
    bool fill();

    int fd_ = -1;
    std::string buffer_;
    bool reset_seen_ = false;
    bool stuck_ = false;
};

}  // namespace loopback
