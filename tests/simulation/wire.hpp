#pragma once

#include "tests/simulation/dice.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace simulation {

// A client's end of a stream: a Unix socket, which is memory in the kernel, without delays of its
// own. Bytes move only in move(), and in pieces of any size.
class Wire {
public:
    explicit Wire(std::string const& path);
    ~Wire();
    Wire(Wire const&) = delete;
    Wire& operator=(Wire const&) = delete;

    void write(std::string_view bytes) { out_ += bytes; }
    // Some bytes each way, or `all` there are. True if any moved or the end was noticed.
    bool move(Dice& dice, bool all);
    bool ended() const { return ended_; }  // the server has closed, and all it sent was read
    bool flushed() const { return out_.empty(); }

    std::string in;

private:
    bool push(Dice& dice, bool all);
    bool pull(Dice& dice, bool all);

    int fd_;
    std::string out_;
    bool ended_ = false;
};

struct HttpAnswer {
    int status = 0;
    std::string body;
};
// Takes one whole answer off the front of `in`. A 101 has no body.
std::optional<HttpAnswer> take_answer(std::string& in);

struct Frame {
    int opcode = 0;
    std::string payload;
};
// Takes one whole unmasked frame off the front of `in`.
std::optional<Frame> take_frame(std::string& in);
// A masked frame, as clients send.
std::string make_frame(int opcode, std::string_view payload, bool final, Dice& dice);

}  // namespace simulation
