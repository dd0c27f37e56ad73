#pragma once

#include "apps/common/clock.hpp"
#include "apps/common/synchronized.hpp"
#include "apps/eliza/log_book.hpp"
#include "apps/eliza/model.hpp"
#include "socketio/socketio.hpp"

#include <string>

namespace apps::eliza {

/// The log people may watch: kept for REST, told to listeners live. Subscribers hear what their
/// filter lets pass as `log_stream` and `logEntry`; clients of the seed, which has no event to ask
/// for it, hear every `logEntry` until they subscribe. Owned by the system; any thread.
class Journal {
public:
    using Socket = socketio::Socket;

    Journal(socketio::Namespace& nsp, common::Clock clock) : nsp_(nsp), clock_(std::move(clock)) {}

    void write(int level, std::string text, AgentState const& agent, std::string channel = {});

    // Events, on the socket's shard.
    void subscribe(Socket& socket);
    void unsubscribe(Socket& socket);
    void set_filter(Socket& socket, socketio::Json filters);
    /// From now on the socket hears logEntry as the seed has it.
    void add_seed_listener(Socket& socket);
    void gone(Socket& socket);

    // REST.
    std::vector<LogLine> list(LogFilter const& filter, std::size_t limit);
    std::size_t size();
    void clear();

private:
    void drop_filter(Socket& socket);

    socketio::Namespace& nsp_;
    common::Clock clock_;
    common::Synchronized<LogBook> book_;
};

}  // namespace apps::eliza
