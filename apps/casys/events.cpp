// The socket's table: message, handler, who hears of it.

#include "apps/casys/table.hpp"

namespace apps::casys {

void events(common::JsonEndpoint& endpoint, Table& table) {
    using common::Peer;
    endpoint.on_connection([&table](Peer& peer, auto const& request) {
        table.connected(peer, request);  // state to the newcomer
    });
    endpoint.on("get_state", &Table::get_state, &table);  // state to the caller
    endpoint.on("choice", &Table::choice, &table);        // state to all of the game
    endpoint.on("ping", &Table::ping, &table);            // pong to the caller
    endpoint.on("action", &Table::action, &table);        // nobody
    endpoint.on_invalid([&table](Peer& peer, auto const& what) {
        table.reply_error(peer, what);  // error to the caller
    });
    endpoint.on_flood([&table](Peer& peer, auto refused) { table.flooded(peer, refused); });
}

}  // namespace apps::casys
