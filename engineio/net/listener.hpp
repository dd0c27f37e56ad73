#pragma once

#include "engineio/net/http_connection.hpp"
#include "engineio/net/listening_socket.hpp"
#include "engineio/net/seldom.hpp"
#include "engineio/net/timer_wheel.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace engineio::net {

// Accepts the connections of one address on shard 0 and deals them out to all shards in turn.
// Owned by HttpServer; after construction used on shard 0 only.
class Listener {
public:
    // `make_room` is called when descriptors are out; what comes of it ends in retry().
    Listener(Site const& site, UniqueFd socket, UnixSocketFile file,
             std::function<void(Listener&)> make_room)
        : site_(site), pending_(std::move(socket)), file_(std::move(file)),
          make_room_(std::move(make_room)) {}

    void start();
    void stop();
    // There are descriptors again.
    void retry();

private:
    using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol,
                                                        boost::asio::io_context::executor_type>;

    void wait();
    void accept_some();
    void pause(int error);
    void admit(UniqueFd socket, std::string address);
    void deal(Handoff handoff);
    IoShard& shard() { return *site_.shards.front(); }

    Site const& site_;
    UniqueFd pending_;  // until start()
    UnixSocketFile file_;
    std::function<void(Listener&)> make_room_;
    std::optional<Acceptor> acceptor_;
    OneShot pause_;
    std::size_t next_ = 0;
    Seldom exhausted_;  // out of descriptors
};

}  // namespace engineio::net
