#pragma once

#include "apps/common/clock.hpp"
#include "apps/common/fair_die.hpp"
#include "apps/common/rate_limit.hpp"
#include "apps/common/synchronized.hpp"
#include "apps/common/turnstiles.hpp"
#include "apps/dungeonlab/dialect.hpp"
#include "apps/dungeonlab/dice.hpp"
#include "apps/dungeonlab/directory.hpp"
#include "apps/dungeonlab/dungeonlab.hpp"
#include "apps/dungeonlab/records.hpp"
#include "apps/store/store_thread.hpp"
#include "socketio/socketio.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace apps::dungeonlab {

using socketio::Json;
using socketio::Socket;
using socketio::Task;

/// What all parts of DungeonLab share: the namespace, the rules about who is where, the facts that
/// authorisation needs, the database. Tells arrivals and departures in every dialect. Made by
/// wiring, outlives the server; used on every shard at once.
class Game {
public:
    struct Means {
        socketio::Namespace& nsp;
        store::StoreThread& store;
        common::Clock clock = common::wall_clock_ms;
        Random random = common::fair_die;
        common::Rate messages{600, std::chrono::seconds(10)};  ///< of one connection
    };
    explicit Game(Means means);

    socketio::Namespace& nsp() { return means_.nsp; }
    store::StoreThread& store() { return means_.store; }
    std::int64_t now() const { return means_.clock(); }
    Random const& random() const { return means_.random; }

    /// Who a socket belongs to; set when it was admitted.
    static User const& user(Socket& socket);
    static Dialect dialect(Socket& socket);
    /// Where somebody waits for what costs much, a search in the documents or the whole state of a
    /// campaign: one thing of a person goes after the other, by however many connections they ask.
    common::Turnstiles::TurnstilePtr turnstile(User const& user) { return turnstiles_.of(user.id); }
    /// A socket's turn there; nothing if it has gone meanwhile.
    static Task<common::Turnstile::TicketPtr> turn_of(Socket& socket);

    /// `login`: by which it came, see Accounts::login_of().
    void admit(Socket& socket, User user, std::string login);
    void connected(Socket& socket);
    void disconnected(Socket& socket);
    /// Takes its sockets along. Any thread.
    void login_ended(std::string const& login);

    /// Joins by any dialect's event, leaves the session before, tells the others.
    Outcome<Arrival> enter(Socket& socket, std::string const& session, Dialect dialect,
                           std::string const& actor = {});
    /// Nothing named: whatever session the socket is in.
    Outcome<std::optional<Departure>> leave(Socket& socket,
                                            std::optional<std::string> const& session);
    /// Permission for one operation in a session. "Room authorization failures result in
    /// disconnection from the room" (seed): a refusal has done that already.
    Outcome<Ticket> authorise(Socket& socket, std::optional<std::string> const& session = {});
    Outcome<Ticket> authorise_chat(Socket& socket, std::optional<std::string> const& session,
                                   std::string_view text, Json const& metadata);

    /// After a right may have been taken away: takes the user out of a session where they may not
    /// be any more, and tells the others. Any thread.
    void recheck(std::string const& user);

    /// A campaign's documents are for its members.
    bool may_see(User const& user, DocumentRecord const& document);
    /// As documents::search() wants them: whose eyes count, nothing for an administrator.
    static std::optional<std::string> viewer(User const& user) {
        return user.is_admin ? std::nullopt : std::optional(user.id);
    }
    /// Rooms of all who may see the documents of a campaign: its members and the administrators.
    std::vector<std::string> audience_of(std::string const& campaign);

    /// `error` in the form of the socket's dialect. Clients of today take any `error` for the end
    /// of the connection, so they get none; they read their acknowledgements.
    void complain(Socket& socket, std::string const& message);
    /// Before each event. False, and a complaint, if the connection sends more than its share.
    bool may_send(Socket& socket, std::string_view event);
    void reply_invalid(Socket& socket, socketio::InvalidEvent const& event);

    template <class F>
    auto rules(F&& use) {
        return rules_.with(std::forward<F>(use));
    }
    template <class F>
    auto directory(F&& use) {
        return directory_.with(std::forward<F>(use));
    }
    bool leads(User const& user, std::string const& session);
    bool leads_campaign(User const& user, std::string const& campaign);
    std::optional<Directory::Session> session(std::string const& id);
    /// The same of one that was there a moment ago: empty if it is gone.
    Directory::Session facts(std::string const& id);
    /// Present in the session, or its game master, or a player of its campaign.
    bool belongs(std::string const& user, std::string const& session);
    /// Ids of the people in a session.
    std::vector<std::string> present(std::string const& session);

    /// Takes all sockets out of the rooms of a session.
    void close_rooms(std::string const& session);

private:
    struct Seat {
        User user;
        std::string login = {};  // until it is connected
        Dialect dialect = Dialect::unknown;
        Dialect presumed = Dialect::current;               // by its last event, while it is unknown
        std::optional<common::TokenBucket> messages = {};  // full at the first message
        common::Turnstiles::TurnstilePtr turnstile = {};
    };

    void settle(Socket& socket, Refusal const& refusal);
    void learn(Socket& socket, Dialect dialect);
    void tell_arrival(Socket& socket, Arrival const& arrival, Dialect dialect,
                      std::string const& actor);
    void tell_departure(Departure const& departure, Socket* except);
    void keep_state_of(Departure const& departure);

    Means means_;
    common::Turnstiles turnstiles_;
    common::Synchronized<Directory> directory_;
    common::Synchronized<DungeonLab> rules_;
    common::Synchronized<std::set<std::string>>
        syncing_;  // campaigns whose state is to be taken home
};

/// `{success: false, error}`, the answer of dialects B and C to what they may not.
Json failure(std::string const& message);
Json success();

/// The text if the value is one; nothing otherwise.
std::optional<std::string> text_of(Json const& value);

}  // namespace apps::dungeonlab
