#pragma once

#include "engineio/net/http_connection.hpp"
#include "engineio/net/timer_wheel.hpp"
#include "engineio/net/unique_fd.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace engineio::net {

// A bound and listening TCP socket, and the port it got. Throws std::system_error naming the
// address. Any thread.
struct Listening {
    UniqueFd socket;
    std::uint16_t port;
};
Listening listen_on(std::string const& host, std::uint16_t port);

// Accepts the connections of one address on shard 0 and deals them out to all shards in turn.
// Owned by HttpServer; after construction used on shard 0 only.
class Listener {
public:
    Listener(Site const& site, UniqueFd socket) : site_(site), pending_(std::move(socket)) {}

    void start();
    void stop();

private:
    using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                        boost::asio::io_context::executor_type>;

    void wait();
    void accept_some();
    void deal(Handoff handoff);
    IoShard& shard() { return *site_.shards.front(); }

    Site const& site_;
    UniqueFd pending_;  // until start()
    std::optional<Acceptor> acceptor_;
    OneShot pause_;
    std::size_t next_ = 0;
};

}  // namespace engineio::net
