-- Running games; what a game has beyond its ids is in its state.
CREATE TABLE casys_games (
    game_id TEXT PRIMARY KEY,
    shared INTEGER NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    updated INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE casys_feedback (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    time INTEGER NOT NULL
);
