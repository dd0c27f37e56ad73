#pragma once

#include "apps/casys/casys.hpp"
#include "apps/casys/game_store.hpp"
#include "apps/casys/messages.hpp"
#include "apps/common/json_endpoint.hpp"
#include "apps/common/rest.hpp"
#include "apps/common/synchronized.hpp"

#include <memory>
#include <optional>
#include <string>

namespace apps::casys {

/// The side of the game that faces its players: sockets and REST on one set of games. What is shown
/// is what the database has: a change is heard and acknowledged after its commit, in the order of
/// the changes. Every frame of state is sent under the lock of the games that are kept, in order,
/// so that nobody ends with an old one. While nothing can be saved changes are refused, and what is
/// kept is shown. Owned by wiring; outlives endpoint and REST table, which call it from all shards,
/// and the store's thread, which calls it after commits.
class Table {
public:
    using Peer = common::Peer;
    template <class T>
    using Task = socketio::Task<T>;

    /// `rules` after loading from `games`; the endpoint gets its table by events().
    Table(common::JsonEndpoint& endpoint, Casys rules, SqliteGameStore& games, common::Clock clock);

    // Events.
    void connected(Peer& peer, engineio::net::Request const& request);
    void get_state(Peer& peer);
    void choice(Peer& peer, ChoiceMessage const& message);
    void ping(Peer& peer, PingMessage const& message);
    void action() {}  // of the frontend's service; the document has no such message
    void reply_error(Peer& peer, common::Invalid const& invalid);
    void flooded(Peer& peer, std::uint32_t refused);

    // REST.
    Task<common::Reply> initialize(common::RestCall& call,
                                   std::optional<InitializeRequest> request);
    common::Reply state(GameQuery const& query);
    Task<common::Reply> reset(std::optional<GameQuery> request);
    Task<common::Reply> stop(std::optional<GameQuery> request);
    common::Reply health() const;
    common::Reply dice(std::string const& type);
    Task<common::Reply> feedback(socketio::Json body);

private:
    void changed(std::string const& game_id, Game const* game);
    void refuse(Peer& peer, std::string message, bool of_choice = false, bool show_state = false);
    void show(common::Audience const& to, std::string const& game_id);
    Task<common::Reply> end(std::string game_id, std::string message);

    common::JsonEndpoint& endpoint_;
    SqliteGameStore& store_;
    std::shared_ptr<Story const> story_;
    common::Synchronized<Games> kept_;  // what the database has; never locked under rules_
    common::Synchronized<Casys> rules_;
    common::Clock clock_;
};

/// Registers every message of the document.
void events(common::JsonEndpoint& endpoint, Table& table);
/// Registers every route a frontend needs.
void routes(common::Rest& rest, Table& table);

}  // namespace apps::casys
