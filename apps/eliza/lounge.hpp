#pragma once

#include "apps/common/synchronized.hpp"
#include "apps/eliza/eliza.hpp"
#include "apps/eliza/messages.hpp"
#include "socketio/socketio.hpp"

#include <memory>
#include <string>
#include <vector>

namespace apps::eliza {

/// ElizaOS's socket side on a namespace: reads the seed's events and today's envelope, asks the
/// rules, tells those concerned. Made by wiring, outlives the server; handlers run on every shard
/// at once. Sockets of a channel are in the room "channel:<id>", listeners of the log in "logs".
class Lounge {
public:
    using Socket = socketio::Socket;
    using Json = socketio::Json;

    Lounge(socketio::Namespace& nsp, std::vector<std::unique_ptr<Agent>> agents);

    void connected(Socket& socket);
    void disconnected(Socket& socket);
    void reply_error(Socket& socket, socketio::InvalidEvent const& event);

    void join(Socket& socket, Json request, socketio::Ack<Answer> ack);
    void leave(Socket& socket, Json request, socketio::Ack<Answer> ack);
    /// The seed's flat form, or `{type, payload}`: told apart by the presence of these two.
    void message(Socket& socket, Json message, socketio::Ack<Answer> ack);
    void world_state(Socket& socket, Json request);
    void subscribe_logs(Socket& socket);
    void unsubscribe_logs(Socket& socket);

private:
    void say(Socket& socket, Json const& fields, socketio::Ack<Answer> const& ack);
    void announce(Socket& socket, Exchange const& exchange, Json const& fields);
    void refuse(Socket& socket, Refusal const& refusal, socketio::Ack<Answer> const& ack);
    void log(LogLine const& line);

    socketio::Namespace& nsp_;
    common::Synchronized<Eliza> rules_;
};

/// Registers the events of the seed text and those of current clients; they do not collide.
void lounge_events(socketio::Namespace& nsp, Lounge& lounge);

}  // namespace apps::eliza
