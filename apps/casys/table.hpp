#pragma once

#include "apps/casys/casys.hpp"
#include "apps/casys/messages.hpp"
#include "apps/common/json_endpoint.hpp"
#include "apps/common/rest.hpp"
#include "apps/common/synchronized.hpp"

#include <string>

namespace apps::casys {

/// The side of the game that faces its players: sockets and REST on one set of games. Every frame
/// of state is sent under the lock of the rules, in order, so that nobody ends with an old one.
/// Owned by wiring; outlives endpoint and REST table, which call it from all shards.
class Table {
public:
    using Peer = common::Peer;

    /// `rules` after loading; the endpoint gets its table by events().
    Table(common::JsonEndpoint& endpoint, Casys rules, common::Clock clock);

    // Events.
    void connected(Peer& peer, engineio::net::Request const& request);
    void get_state(Peer& peer);
    void choice(Peer& peer, ChoiceMessage const& message);
    void ping(Peer& peer, PingMessage const& message);
    void action() {}  // of the frontend's service; the document has no such message
    void reply_error(Peer& peer, common::Invalid const& invalid);
    void flooded(Peer& peer, std::uint32_t refused);

    // REST.
    common::Reply initialize(common::RestCall& call, std::optional<InitializeRequest> request);
    common::Reply state(GameQuery const& query);
    common::Reply reset(std::optional<GameQuery> request);
    common::Reply stop(std::optional<GameQuery> request);
    common::Reply health() const;
    common::Reply dice(std::string const& type);
    common::Reply feedback(socketio::Json const& body);

private:
    void show(Peer& peer, Casys const& rules);
    common::Reply end(std::optional<GameQuery> const& request, std::string const& message);

    common::JsonEndpoint& endpoint_;
    common::Synchronized<Casys> rules_;
    common::Clock clock_;
};

/// Registers every message of the document.
void events(common::JsonEndpoint& endpoint, Table& table);
/// Registers every route a frontend needs.
void routes(common::Rest& rest, Table& table);

}  // namespace apps::casys
