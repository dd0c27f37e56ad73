#include "tests/loopback/raw_client.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace loopback {

namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    sockaddr const* get() const { return reinterpret_cast<sockaddr const*>(&storage); }
};

Address address_of(std::string const& host, std::uint16_t port) {
    Address address;
    if (host.starts_with("unix:")) {
        auto& file = reinterpret_cast<sockaddr_un&>(address.storage);
        file.sun_family = AF_UNIX;
        std::strncpy(file.sun_path, host.c_str() + 5, sizeof file.sun_path - 1);
        address.length = sizeof file;
    } else if (host.find(':') != std::string::npos) {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr);
        address.length = sizeof v6;
    } else {
        auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr);
        address.length = sizeof v4;
    }
    return address;
}

// -1 if nobody listens there.
int connect_to(std::string const& host, std::uint16_t port, int receive_buffer_bytes) {
    auto const address = address_of(host, port);
    int const fd = ::socket(address.storage.ss_family, SOCK_STREAM, 0);
    if (receive_buffer_bytes != 0) {
        ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    }
    if (::connect(fd, address.get(), address.length) != 0) {
        ::close(fd);
        return -1;
    }
    timeval const patience{5, 0};
    int const on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

}  // namespace

RawClient::RawClient(std::uint16_t port, int receive_buffer_bytes)
    : fd_(connect_to("127.0.0.1", port, receive_buffer_bytes)) {
    REQUIRE(fd_ >= 0);
}

RawClient::RawClient(std::string const& host, std::uint16_t port) : fd_(connect_to(host, port, 0)) {
    REQUIRE(fd_ >= 0);
}

bool RawClient::reaches(std::string const& host, std::uint16_t port) {
    int const fd = connect_to(host, port, 0);
    ::close(fd);
    return fd >= 0;
}

RawClient::~RawClient() {
    ::close(fd_);
}

long RawClient::transmit(std::string_view bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

long RawClient::receive(char* room, std::size_t size) {
    return ::recv(fd_, room, size, 0);
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        auto const sent = transmit(bytes);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void RawClient::send_byte_by_byte(std::string_view bytes) {
    for (char const& byte : bytes) {
        REQUIRE(send({&byte, 1}));
    }
}

bool RawClient::send_frame(int first_byte, std::string_view payload) {
    std::string frame(1, static_cast<char>(first_byte));
    if (payload.size() < 126) {
        frame += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() < 65536) {
        frame += static_cast<char>(0xFE);
        frame += static_cast<char>(payload.size() >> 8);
        frame += static_cast<char>(payload.size() & 0xFF);
    } else {
        frame += static_cast<char>(0xFF);
        for (int shift = 56; shift >= 0; shift -= 8) {
            frame += static_cast<char>((std::uint64_t{payload.size()} >> shift) & 0xFF);
        }
    }
    std::string_view const mask = "\x11\x22\x33\x44";
    frame += mask;
    for (std::size_t i = 0; i < payload.size(); ++i) {
        frame += static_cast<char>(payload[i] ^ mask[i % 4]);
    }
    return send(frame);
}

bool RawClient::fill() {
    char chunk[16384];
    auto const received = receive(chunk, sizeof chunk);
    if (received > 0) {
        buffer_.append(chunk, static_cast<std::size_t>(received));
        return true;
    }
    reset_seen_ = received < 0 && errno == ECONNRESET;
    bool const ended = received == 0 || reset_seen_;
    stuck_ = !ended;
    CHECK_MESSAGE(ended, "the server neither answered nor closed");
    return false;
}

std::string RawClient::read_until(std::string_view text) {
    std::size_t at;
    while ((at = buffer_.find(text)) == std::string::npos) {
        if (!fill()) {
            return std::exchange(buffer_, {});
        }
    }
    return read_exactly(at + text.size());
}

std::string RawClient::read_exactly(std::size_t count) {
    while (buffer_.size() < count && fill()) {
    }
    auto result = buffer_.substr(0, count);
    buffer_.erase(0, result.size());
    return result;
}

std::string RawClient::read_answer() {
    auto answer = read_until("\r\n\r\n");
    auto const at = answer.find("Content-Length: ");
    if (at != std::string::npos) {
        answer += read_exactly(std::stoul(answer.substr(at + 16)));
    }
    return answer;
}

std::string RawClient::read_frame(int& first_byte) {
    auto const head = read_exactly(2);
    first_byte = head.size() == 2 ? static_cast<unsigned char>(head[0]) : -1;
    std::uint64_t length = head.size() == 2 ? static_cast<unsigned char>(head[1]) : 0;
    if (length >= 126) {
        std::size_t const bytes = length == 126 ? 2 : 8;
        length = 0;
        for (char const c : read_exactly(bytes)) {
            length = length << 8 | static_cast<unsigned char>(c);
        }
    }
    return read_exactly(length);
}

std::string RawClient::read_all() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
}

void RawClient::end_output() {
    ::shutdown(fd_, SHUT_WR);
}

void RawClient::reset() {
    linger const hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(fd_);
    fd_ = -1;
}

}  // namespace loopback
