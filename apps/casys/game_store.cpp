#include "apps/casys/game_store.hpp"

#include "engineio/net/log.hpp"

#include <utility>

namespace apps::casys {

using store::Database;

std::vector<Game> SqliteGameStore::load() {
    std::vector<Game> games;
    auto query = store_.database().query("SELECT state FROM casys_games");
    while (query.step()) {
        auto const json = socketio::Json::parse(query.text(0));
        Game game;
        if (json && socketio::read_value(*json, game)) {
            games.push_back(std::move(game));
        } else {
            engineio::net::log_error("casys", "a kept game can't be read");
        }
    }
    return games;
}

void SqliteGameStore::save(Game const& game) {
    store_.tell("saving a game", [game, state = socketio::to_json(game).dump()](Database& db) {
        db.run("INSERT OR REPLACE INTO casys_games VALUES (?, ?, ?, ?, ?)", game.game_id,
               game.shared, state, game.version, game.updated);
    });
    after([this, game] { watcher_(game.game_id, &game); });
}

void SqliteGameStore::remove(std::string const& game_id) {
    store_.tell("removing a game", [game_id](Database& db) {
        db.run("DELETE FROM casys_games WHERE game_id = ?", game_id);
    });
    after([this, game_id] { watcher_(game_id, nullptr); });
}

void SqliteGameStore::feedback(std::string const& text, std::int64_t time) {
    store_.tell("keeping feedback", [text, time](Database& db) {
        db.run("INSERT INTO casys_feedback (text, time) VALUES (?, ?)", text, time);
        db.run("DELETE FROM casys_feedback WHERE id <= (SELECT MAX(id) FROM casys_feedback) - ?",
               max_feedback);
    });
}

}  // namespace apps::casys
