#include "engineio/net/listener.hpp"

#include "engineio/net/log.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace engineio::net {

namespace {

constexpr int backlog = 4096;
// One wake-up accepts at most so many, so that a connect storm leaves time for those served.
constexpr int accepts_per_turn = 64;
// Out of descriptors: the backlog keeps the peers waiting, trying at once would spin.
constexpr auto exhausted_pause = std::chrono::milliseconds(100);

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses resolve(std::string const& host, std::uint16_t port, std::string const& what) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    auto const* name = host.empty() ? nullptr : host.c_str();
    if (int const failure = ::getaddrinfo(name, std::to_string(port).c_str(), &hints, &found)) {
        throw std::system_error(std::make_error_code(std::errc::address_not_available),
                                what + " (" + ::gai_strerror(failure) + ")");
    }
    return {found, &::freeaddrinfo};
}

std::string address_text(sockaddr_storage const& address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET6) {
        auto const& v6 = reinterpret_cast<sockaddr_in6 const&>(address);
        ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    } else {
        auto const& v4 = reinterpret_cast<sockaddr_in const&>(address);
        ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    }
    return text;
}

std::uint16_t bound_port(int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    // The port sits at the same place in both families.
    return ntohs(reinterpret_cast<sockaddr_in const&>(address).sin_port);
}

bool is_exhaustion(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Listening listen_on(std::string const& host, std::uint16_t port) {
    auto const what = fmt::format("can't listen on {}:{}", host, port);
    auto const addresses = resolve(host, port, what);
    UniqueFd fd(::socket(addresses->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    int const on = 1;
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(fd.get(), addresses->ai_addr, addresses->ai_addrlen) != 0 ||
        ::listen(fd.get(), backlog) != 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    auto const bound = bound_port(fd.get());
    return {std::move(fd), bound};
}

void Listener::start() {
    if (!pending_) {
        return;  // stopped before it began
    }
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(pending_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    auto const family =
        address.ss_family == AF_INET6 ? boost::asio::ip::tcp::v6() : boost::asio::ip::tcp::v4();
    acceptor_.emplace(shard().context());
    acceptor_->assign(family, pending_.release());
    acceptor_->non_blocking(true);
    wait();
}

void Listener::stop() {
    pending_ = UniqueFd();
    pause_.cancel();
    if (acceptor_) {
        boost::system::error_code ignored;
        acceptor_->close(ignored);  // whatever it reports, the descriptor is gone
    }
}

void Listener::wait() {
    acceptor_->async_wait(Acceptor::wait_read, [this](boost::system::error_code const& error) {
        if (!error) {
            shard().enter([this] { accept_some(); });
        }
    });
}

void Listener::accept_some() {
    if (!acceptor_->is_open()) {
        return;
    }
    for (int i = 0; i < accepts_per_turn; ++i) {
        sockaddr_storage address{};
        socklen_t length = sizeof address;
        UniqueFd fd(::accept4(acceptor_->native_handle(), reinterpret_cast<sockaddr*>(&address),
                              &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (fd) {
            deal({std::move(fd), address_text(address), {}, {}, {}});
        } else if (is_exhaustion(errno)) {
            log_warn("net", "can't accept: {}", std::generic_category().message(errno));
            pause_ = shard().timers().after(exhausted_pause, [this] { accept_some(); });
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        }
        // Anything else concerns a peer that has given up already (accept(2)).
    }
    wait();
}

void Listener::deal(Handoff handoff) {
    auto& target = *site_.shards[next_];
    next_ = (next_ + 1) % site_.shards.size();
    auto adopt_there = [&target, &site = site_, handoff = std::move(handoff)]() mutable {
        ++target.metrics().connections_accepted;
        adopt(target, site, std::move(handoff));
    };
    if (&target == &shard()) {
        adopt_there();
    } else {
        target.post(std::move(adopt_there));
    }
}

}  // namespace engineio::net
