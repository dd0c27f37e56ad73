// hubbub-floor: the least a server for the benchmark's events can cost. No library, no JSON, no
// checks: it looks for the bytes the load generator sends and answers with others. Not a server for
// anything else; the yardstick for those that are. Usage: hubbub-floor PORT
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t buffer_bytes = 256 * 1024;
constexpr int max_events = 1024;
constexpr std::size_t ping_seconds = 25;

struct Connection {
    int fd = -1;
    bool websocket = false;
    bool dirty = false;
    bool blocked = false;  // waits for room in the kernel
    bool in_room = false;
    std::string input;  // an incomplete frame
    std::string output;
};

class Floor {
public:
    explicit Floor(std::uint16_t port) : set_(::epoll_create1(0)), buffer_(buffer_bytes) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        int const on = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        ::setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(listener_, 4096) != 0) {
            std::perror("hubbub-floor");
            std::exit(1);
        }
        watch(listener_, EPOLL_CTL_ADD, EPOLLIN, nullptr);
    }

    [[noreturn]] void run() {
        auto second = std::time(nullptr);
        for (;;) {
            epoll_event events[max_events];
            int const count = ::epoll_wait(set_, events, max_events, 1000);
            for (int i = 0; i < count; ++i) {
                auto* const connection = static_cast<Connection*>(events[i].data.ptr);
                connection ? serve(*connection, events[i].events) : accept_all();
            }
            for (auto const now = std::time(nullptr); second < now; ++second) {
                for (auto* const connection :
                     pinged_[static_cast<std::size_t>(second) % ping_seconds]) {
                    if (connection->websocket) {
                        frame(*connection, "2");
                    }
                }
            }
            for (auto* const connection : dirty_) {
                flush(*connection);
            }
            dirty_.clear();
            dead_.clear();
        }
    }

private:
    void watch(int fd, int operation, unsigned events, Connection* connection) {
        epoll_event event{};
        event.events = events;
        event.data.ptr = connection;
        ::epoll_ctl(set_, operation, fd, &event);
    }

    void accept_all() {
        for (;;) {
            int const fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
            if (fd < 0) {
                return;
            }
            auto* const connection = new Connection;
            connection->fd = fd;
            pinged_[static_cast<std::size_t>(fd) % ping_seconds].push_back(connection);
            watch(fd, EPOLL_CTL_ADD, EPOLLIN, connection);
        }
    }

    void serve(Connection& connection, unsigned events) {
        if (connection.fd >= 0 && (events & EPOLLOUT)) {
            mark(connection);
        }
        if (connection.fd >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
            read(connection);
        }
    }

    void drop(Connection& connection) {
        auto& pinged = pinged_[static_cast<std::size_t>(connection.fd) % ping_seconds];
        std::erase(pinged, &connection);
        if (connection.in_room) {
            std::erase(room_, &connection);
        }
        ::close(connection.fd);
        connection.fd = -1;
        dead_.emplace_back(&connection);
    }

    void read(Connection& connection) {
        auto const kept = connection.input.size();
        std::memcpy(buffer_.data(), connection.input.data(), kept);
        auto const count = ::recv(connection.fd, buffer_.data() + kept, buffer_.size() - kept, 0);
        if (count <= 0) {
            return drop(connection);
        }
        auto const total = kept + static_cast<std::size_t>(count);
        std::size_t used = 0;
        while (used < total && connection.fd >= 0) {
            auto const taken = connection.websocket ? take_frame(connection, used, total)
                                                    : take_head(connection, used, total);
            if (taken == 0) {
                break;
            }
            used += taken;
        }
        connection.input.assign(buffer_.data() + used, total - used);
        if (connection.input.empty() && connection.input.capacity() > 64) {
            connection.input.shrink_to_fit();
        }
    }

    std::size_t take_head(Connection& connection, std::size_t at, std::size_t total) {
        std::string_view const bytes(buffer_.data() + at, total - at);
        constexpr std::string_view name = "Sec-WebSocket-Key: ";
        auto const end = bytes.find("\r\n\r\n");
        auto const key = bytes.find(name);
        if (end == bytes.npos || key == bytes.npos) {
            return 0;
        }
        std::string text(bytes.substr(key + name.size(), 24));
        text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 section 1.3
        unsigned char hash[SHA_DIGEST_LENGTH];
        ::SHA1(reinterpret_cast<unsigned char const*>(text.data()), text.size(), hash);
        unsigned char accept[32];
        ::EVP_EncodeBlock(accept, hash, sizeof hash);
        append(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
        append(connection, reinterpret_cast<char const*>(accept));
        append(connection, "\r\n\r\n");
        frame(connection,
              "0{\"sid\":\"abcdefghijklmnopqrst\",\"upgrades\":[],\"pingInterval\":25000,"
              "\"pingTimeout\":20000,\"maxPayload\":1000000}");
        connection.websocket = true;
        return end + 4;
    }

    std::size_t take_frame(Connection& connection, std::size_t at, std::size_t total) {
        auto* const bytes = reinterpret_cast<unsigned char*>(buffer_.data()) + at;
        auto const available = total - at;
        if (available < 6) {
            return 0;
        }
        std::size_t length = bytes[1] & 0x7FU;
        std::size_t head = 6;
        if (length == 126) {
            head = 8;
            length = static_cast<std::size_t>(bytes[2]) << 8 | bytes[3];
        }
        if (available < head + length) {
            return 0;
        }
        auto* const payload = bytes + head;
        std::uint32_t key;
        std::memcpy(&key, payload - 4, 4);
        auto const wide = std::uint64_t{key} << 32 | key;
        std::size_t i = 0;
        for (; i + 8 <= length; i += 8) {
            std::uint64_t word;
            std::memcpy(&word, payload + i, 8);
            word ^= wide;
            std::memcpy(payload + i, &word, 8);
        }
        for (; i < length; ++i) {
            payload[i] ^= static_cast<unsigned char>(key >> (8 * (i & 3)));
        }
        int const opcode = bytes[0] & 0x0F;
        opcode == 8 ? drop(connection)
                    : answer(connection, opcode, {reinterpret_cast<char const*>(payload), length});
        return head + length;
    }

    void answer(Connection& connection, int opcode, std::string_view text) {
        if (opcode == 2) {
            return frame(connection, text, {}, {}, 2);
        }
        if (text == "40") {
            return frame(connection, "40{\"sid\":\"abcdefghijklmnopqrst\"}");
        }
        auto const name = text.find('[');
        if (name == text.npos) {
            return;  // a pong
        }
        if (text.starts_with("451-")) {
            auto const id = text.substr(4, name - 4);
            return id.empty()
                       ? frame(connection, text)
                       : frame(connection, "461-", id, "[{\"_placeholder\":true,\"num\":0}]");
        }
        auto const id = text.substr(2, name - 2);
        auto const event = text.substr(name);
        if (event.starts_with("[\"echo\",")) {
            id.empty() ? frame(connection, text)
                       : frame(connection, "43", id, text.substr(name + 7), 1, '[');
        } else if (event.starts_with("[\"join\"")) {
            connection.in_room = true;
            room_.push_back(&connection);
            frame(connection, "43", id, "[]");
        } else {
            broadcast(event.substr(event.find(',', event.find(',') + 1)));
        }
    }

    // The frame is made once.
    void broadcast(std::string_view arguments) {
        Connection scratch;
        scratch.dirty = true;
        frame(scratch, "42[\"broadcast\"", arguments);
        for (auto* const connection : room_) {
            append(*connection, scratch.output);
        }
    }

    void mark(Connection& connection) {
        if (!connection.dirty) {
            connection.dirty = true;
            dirty_.push_back(&connection);
        }
    }

    void append(Connection& connection, std::string_view bytes) {
        connection.output.append(bytes);
        mark(connection);
    }

    // `replaced`: what stands instead of the first character of `c`.
    void frame(Connection& connection, std::string_view a, std::string_view b = {},
               std::string_view c = {}, int opcode = 1, char replaced = 0) {
        auto& out = connection.output;
        auto const size = a.size() + b.size() + c.size();
        char head[4] = {static_cast<char>(0x80 | opcode), static_cast<char>(size)};
        if (size >= 126) {
            head[1] = 126;
            head[2] = static_cast<char>(size >> 8);
            head[3] = static_cast<char>(size);
        }
        out.append(head, size < 126 ? 2 : 4).append(a).append(b).append(c);
        if (replaced) {
            out[out.size() - c.size()] = replaced;
        }
        mark(connection);
    }

    void flush(Connection& connection) {
        connection.dirty = false;
        auto& out = connection.output;
        if (connection.fd < 0) {
            return;
        }
        auto const sent = ::send(connection.fd, out.data(), out.size(), MSG_NOSIGNAL);
        out.erase(0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
        bool const blocked = !out.empty();
        if (blocked != connection.blocked) {
            connection.blocked = blocked;
            watch(connection.fd, EPOLL_CTL_MOD,
                  EPOLLIN | (blocked ? static_cast<unsigned>(EPOLLOUT) : 0U), &connection);
        }
    }

    int set_;
    int listener_;
    std::vector<char> buffer_;
    std::array<std::vector<Connection*>, ping_seconds> pinged_;
    std::vector<Connection*> room_;
    std::vector<Connection*> dirty_;
    std::vector<std::unique_ptr<Connection>> dead_;
};

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    auto const port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 3000);
    Floor floor(port);
    std::printf("READY %u\n", static_cast<unsigned>(port));
    std::fflush(stdout);
    floor.run();
}
