#pragma once

#include "apps/common/turnstile.hpp"
#include "apps/eliza/access.hpp"
#include "apps/eliza/desk.hpp"
#include "apps/eliza/journal.hpp"
#include "apps/eliza/messages.hpp"
#include "apps/eliza/stage.hpp"
#include "apps/eliza/visitor.hpp"
#include "socketio/socketio.hpp"

#include <optional>
#include <string>

namespace apps::eliza {

/// ElizaOS's socket side on a namespace: reads the seed's events and today's envelope, asks the
/// rules, tells those concerned. Owned by the system, outlives the server; handlers run on every
/// shard at once. Sockets of a channel are in the room "channel:<id>"
/// and, with isolation, in "entity:<id>" of who they are.
class Lounge {
public:
    using Socket = socketio::Socket;
    using Json = socketio::Json;
    using Ack = socketio::Ack<Answer>;
    using Task = socketio::Task<void>;

    static constexpr std::size_t max_rooms_per_connection = 64;
    /// Questions for the world, of all channels or one, that one connection may wait for.
    static constexpr long max_worlds_asked = 4;

    Lounge(Desk& desk, Stage& stage, Journal& journal, Presence& presence, Access const& access)
        : desk_(desk), stage_(stage), journal_(journal), presence_(presence), access_(access) {}

    /// Who may connect; the answer is the text of the CONNECT_ERROR.
    std::optional<std::string> refused(Socket& socket) const;
    void connected(Socket& socket);
    void disconnected(Socket& socket) { journal_.gone(socket); }
    void reply_error(Socket& socket, socketio::InvalidEvent const& event);

    // The seed's events.
    Task join(Socket& socket, Json request, Ack ack);
    void leave(Socket& socket, Json request, Ack ack);
    /// Reads much: one at a time of a connection, another is refused as too fast, and one at a
    /// time of all, so that the database does what others want in between.
    Task world_state(Socket& socket, Json request);
    /// The seed's flat form, or `{type, payload}`: told apart by the presence of these two.
    Task message(Socket& socket, Json message, Ack ack);

    // Today's, also as events "1" and "2".
    Task enter_channel(Socket& socket, Json payload, Ack ack);
    Task send_message(Socket& socket, Json payload, Ack ack);

private:
    Task come_in(Socket& socket, Json request, bool makes_channel, Ack ack);
    Task say(Socket& socket, Statement statement, Ack ack);
    std::optional<std::string> vouched_entity(Socket& socket) const;
    bool is_too_fast(Socket& socket) const;
    bool has_place_for(Socket& socket, std::string const& room) const;
    void come_to_stay(Socket& socket, Presence::StayPtr stay);
    void speaks_seed(Socket& socket);
    void refuse(Socket& socket, Refusal const& refusal, Ack const& ack);

    Desk& desk_;
    Stage& stage_;
    Journal& journal_;
    Presence& presence_;
    Access const& access_;
    common::Turnstile worlds_;
};

/// Registers the events of the seed text and those of current clients; they do not collide.
void lounge_events(socketio::Namespace& nsp, Lounge& lounge, Journal& journal);

}  // namespace apps::eliza
