#include "tests/simulation/wire.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace simulation {

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

std::size_t some(std::size_t most, Dice& dice, bool all) {
    if (all || most == 0 || dice.one_in(2)) {
        return most;
    }
    return 1 + static_cast<std::size_t>(dice.below(static_cast<int>(most)));
}

}  // namespace

Wire::Wire(std::string const& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
    if (fd_ < 0 || ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("can't connect to " + path + ": " + std::strerror(errno));
    }
}

Wire::~Wire() {
    ::close(fd_);
}

bool Wire::move(Dice& dice, bool all) {
    bool const pushed = push(dice, all);
    return pull(dice, all) || pushed;
}

bool Wire::push(Dice& dice, bool all) {
    if (out_.empty() || ended_) {
        return false;
    }
    auto const sent = ::send(fd_, out_.data(), some(out_.size(), dice, all), MSG_NOSIGNAL);
    if (sent <= 0) {
        return false;  // full, or gone: reading will tell
    }
    out_.erase(0, static_cast<std::size_t>(sent));
    return true;
}

bool Wire::pull(Dice& dice, bool all) {
    if (ended_) {
        return false;
    }
    static char buffer[buffer_bytes];
    auto const got = ::recv(fd_, buffer, some(sizeof buffer, dice, all), 0);
    if (got > 0) {
        in.append(buffer, static_cast<std::size_t>(got));
        return true;
    }
    ended_ = got == 0 || (errno != EAGAIN && errno != EINTR);
    return ended_;
}

std::optional<HttpAnswer> take_answer(std::string& in) {
    auto const end = in.find("\r\n\r\n");
    if (end == std::string::npos) {
        return std::nullopt;
    }
    HttpAnswer answer;
    auto const head = std::string_view(in).substr(0, end + 2);
    answer.status = std::atoi(head.substr(9, 3).data());
    std::size_t length = 0;
    if (auto const at = head.find("\r\nContent-Length: "); at != std::string_view::npos) {
        length = std::strtoull(head.data() + at + 18, nullptr, 10);
    }
    if (in.size() < end + 4 + length) {
        return std::nullopt;
    }
    answer.body = in.substr(end + 4, length);
    in.erase(0, end + 4 + length);
    return answer;
}

std::optional<Frame> take_frame(std::string& in) {
    auto const byte = [&](std::size_t at) { return static_cast<unsigned char>(in[at]); };
    if (in.size() < 2) {
        return std::nullopt;
    }
    std::size_t length = byte(1) & 0x7fU;
    std::size_t head = 2;
    std::size_t const extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (in.size() < head + extra) {
        return std::nullopt;
    }
    if (extra != 0) {
        length = 0;
        for (std::size_t i = 0; i < extra; ++i) {
            length = length << 8U | byte(head + i);
        }
        head += extra;
    }
    if (in.size() < head + length) {
        return std::nullopt;
    }
    Frame frame{byte(0) & 0x0f, in.substr(head, length)};
    in.erase(0, head + length);
    return frame;
}

std::string make_frame(int opcode, std::string_view payload, bool final, Dice& dice) {
    constexpr std::size_t short_length = 125;
    constexpr std::size_t medium_length = 0xffff;
    std::string frame(1, static_cast<char>((final ? 0x80 : 0) | opcode));
    auto const length = payload.size();
    int const extra = length <= short_length ? 0 : length <= medium_length ? 2 : 8;
    frame += static_cast<char>(0x80 | (extra == 0   ? static_cast<int>(length)
                                       : extra == 2 ? 126
                                                    : 127));
    for (int shift = (extra - 1) * 8; shift >= 0; shift -= 8) {
        frame += static_cast<char>(length >> shift);
    }
    char mask[4];
    for (char& byte : mask) {
        byte = static_cast<char>(dice.below(256));
    }
    frame.append(mask, sizeof mask);
    for (std::size_t i = 0; i < length; ++i) {
        frame += static_cast<char>(payload[i] ^ mask[i % sizeof mask]);
    }
    return frame;
}

}  // namespace simulation
