#include "engineio/net/listening_socket.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace engineio::net {

namespace {

constexpr int backlog = 4096;
constexpr std::string_view unix_prefix = "unix:";

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

UniqueFd make_socket(int family) {
    return UniqueFd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

// --- Internet ------------------------------------------------------------------------------------

std::string without_brackets(std::string const& host) {
    bool const bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    return bracketed ? host.substr(1, host.size() - 2) : host;
}

Addresses resolve(std::string const& host, std::uint16_t port, std::string const& what) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (int const failure =
            ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found)) {
        throw std::system_error(std::make_error_code(std::errc::address_not_available),
                                what + " (" + ::gai_strerror(failure) + ")");
    }
    return {found, &::freeaddrinfo};
}

std::uint16_t bound_port(int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    // The port sits at the same place in both families.
    return ntohs(reinterpret_cast<sockaddr_in const&>(address).sin_port);
}

// Empty with errno set if it can't be used.
UniqueFd bind_address(addrinfo const& address, bool ipv6_only) {
    auto fd = make_socket(address.ai_family);
    int const on = 1;
    int const only = ipv6_only ? 1 : 0;
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (address.ai_family == AF_INET6 &&
         ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) != 0) ||
        // Accepted sockets inherit it: two system calls less for each.
        ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        ::bind(fd.get(), address.ai_addr, address.ai_addrlen) != 0 ||
        ::listen(fd.get(), backlog) != 0) {
        return {};
    }
    return fd;
}

// A machine whose kernel or interfaces have no such family or address.
bool is_absent(int error) {
    return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

ListeningSocket listen_on_port(std::string const& host, Endpoint const& endpoint,
                               std::string const& what) {
    auto const addresses = resolve(host, endpoint.port, what);
    int error = 0;
    for (auto const* address = addresses.get(); address; address = address->ai_next) {
        if (auto fd = bind_address(*address, endpoint.ipv6_only)) {
            auto const port = bound_port(fd.get());
            return {std::move(fd), port};
        }
        error = errno;
        if (!is_absent(error)) {
            break;
        }
    }
    throw std::system_error(error, std::generic_category(), what);
}

std::string address_name(Endpoint const& endpoint) {
    auto const host = endpoint.host.empty() ? "*" : without_brackets(endpoint.host);
    bool const v6 = host.find(':') != std::string::npos;
    return v6 ? fmt::format("[{}]:{}", host, endpoint.port)
              : fmt::format("{}:{}", host, endpoint.port);
}

// --- Unix ----------------------------------------------------------------------------------------

// A socket file that nobody listens on any more.
bool is_stale(std::string const& path, sockaddr_un const& address) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) {
        return false;
    }
    auto const fd = make_socket(AF_UNIX);
    auto const* const name = reinterpret_cast<sockaddr const*>(&address);
    return ::connect(fd.get(), name, sizeof address) != 0 && errno == ECONNREFUSED;
}

ListeningSocket listen_on_file(std::string const& path, std::string const& what) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        throw std::system_error(path.empty() ? EINVAL : ENAMETOOLONG, std::generic_category(),
                                what);
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    auto const* const name = reinterpret_cast<sockaddr const*>(&address);
    auto fd = make_socket(AF_UNIX);
    bool bound = ::bind(fd.get(), name, sizeof address) == 0;
    if (!bound && errno == EADDRINUSE) {
        if (is_stale(path, address)) {
            ::unlink(path.c_str());
            bound = ::bind(fd.get(), name, sizeof address) == 0;
        } else {
            errno = EADDRINUSE;
        }
    }
    if (!bound || ::listen(fd.get(), backlog) != 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    return {std::move(fd), 0, UnixSocketFile(path)};
}

}  // namespace

UnixSocketFile::UnixSocketFile(std::string path) : path_(std::move(path)) {
    struct stat info {};
    if (::lstat(path_.c_str(), &info) == 0) {
        device_ = info.st_dev;
        inode_ = info.st_ino;
    }
}

UnixSocketFile::UnixSocketFile(UnixSocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

UnixSocketFile& UnixSocketFile::operator=(UnixSocketFile&& other) noexcept {
    if (this != &other) {
        remove();
        path_ = std::exchange(other.path_, {});
        device_ = other.device_;
        inode_ = other.inode_;
    }
    return *this;
}

void UnixSocketFile::remove() {
    auto const path = std::exchange(path_, {});
    struct stat info {};
    if (!path.empty() && ::lstat(path.c_str(), &info) == 0 && info.st_dev == device_ &&
        info.st_ino == inode_) {
        ::unlink(path.c_str());
    }
}

ListeningSocket listen_on(Endpoint const& endpoint) {
    if (endpoint.host.starts_with(unix_prefix)) {
        return listen_on_file(endpoint.host.substr(unix_prefix.size()),
                              "can't listen on " + endpoint.host);
    }
    auto const what = "can't listen on " + address_name(endpoint);
    if (!endpoint.host.empty()) {
        return listen_on_port(without_brackets(endpoint.host), endpoint, what);
    }
    try {
        return listen_on_port("::", endpoint, what);
    } catch (std::system_error const& error) {
        if (!is_absent(error.code().value())) {
            throw;
        }
        return listen_on_port("0.0.0.0", endpoint, what);
    }
}

}  // namespace engineio::net
