#include "engineio/net/listener.hpp"

#include "engineio/net/log.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace engineio::net {

namespace {

// One wake-up accepts at most so many, so that a connect storm leaves time for those served.
constexpr int accepts_per_turn = 64;
// Out of descriptors or memory: the backlog keeps the peers waiting, trying at once would spin.
constexpr auto exhausted_pause = std::chrono::milliseconds(100);

// Empty for the peer of a Unix socket. A dual-stack listener sees IPv4 peers as ::ffff:1.2.3.4.
std::string address_text(sockaddr_storage const& address) {
    constexpr int mapped_bytes = 12;
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET6) {
        auto const& v6 = reinterpret_cast<sockaddr_in6 const&>(address).sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&v6)) {
            ::inet_ntop(AF_INET, v6.s6_addr + mapped_bytes, text, sizeof text);
        } else {
            ::inet_ntop(AF_INET6, &v6, text, sizeof text);
        }
    } else if (address.ss_family == AF_INET) {
        auto const& v4 = reinterpret_cast<sockaddr_in const&>(address);
        ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    }
    return text;
}

// Concerns a peer that has given up already, the next one may be fine (accept(2)).
bool is_of_peer(int error) {
    for (int const known : {ECONNABORTED, EPERM, EINTR, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN,
                            ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH}) {
        if (error == known) {
            return true;
        }
    }
    return false;
}

}  // namespace

void Listener::start() {
    if (!pending_) {
        return;  // stopped before it began
    }
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(pending_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    acceptor_.emplace(shard().context());
    acceptor_->assign(Acceptor::protocol_type(address.ss_family, 0), pending_.release());
    acceptor_->non_blocking(true);
    wait();
}

void Listener::stop() {
    file_.remove();
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
            admit(std::move(fd), address_text(address));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        } else if (!is_of_peer(errno)) {
            pause(errno);
            return;
        }
    }
    wait();
}

void Listener::pause(int error) {
    // Again and again, as each descriptor that comes free is taken by the next in the backlog.
    if (auto const silent = exhausted_.speaks(shard().now())) {
        log_warn("net", "can't accept: {}{}", std::generic_category().message(error),
                 *silent != 0 ? fmt::format(", {} more since the last line", *silent) : "");
    }
    pause_ = shard().timers().after(exhausted_pause, [this] { accept_some(); });
    if (error == EMFILE || error == ENFILE) {
        make_room_(*this);
    }
}

void Listener::retry() {
    if (pause_.armed()) {
        pause_.cancel();
        accept_some();
    }
}

// Who finds no seat hears nothing: an answer would cost more than the connection.
void Listener::admit(UniqueFd socket, std::string address) {
    std::unique_ptr<Admission::Seat> seat;
    if (site_.admission) {
        auto entered = site_.admission->enter(address);
        if (!entered) {
            shard().limit_hit(entered.error(), address);
            return;
        }
        seat = std::move(*entered);
    }
    deal({std::move(socket), std::move(address), {}, {}, {}, std::move(seat)});
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
