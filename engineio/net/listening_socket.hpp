#pragma once

#include "engineio/net/endpoint.hpp"
#include "engineio/net/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace engineio::net {

// The file of a bound Unix socket, removed with this object unless another process has put its own
// there meanwhile.
class UnixSocketFile {
public:
    UnixSocketFile() = default;
    explicit UnixSocketFile(std::string path);
    ~UnixSocketFile() { remove(); }
    UnixSocketFile(UnixSocketFile&& other) noexcept;
    UnixSocketFile& operator=(UnixSocketFile&& other) noexcept;

    void remove();

private:
    std::string path_;  // empty: none
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
};

// A bound and listening socket, and the port it got (0: a Unix socket).
struct ListeningSocket {
    UniqueFd socket;
    std::uint16_t port = 0;
    UnixSocketFile file = {};
};

// Throws std::system_error naming the address. Any thread.
ListeningSocket listen_on(Endpoint const& endpoint);

}  // namespace engineio::net
