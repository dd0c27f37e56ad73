CREATE TABLE fuse_users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE COLLATE NOCASE,
    email TEXT,
    password_hash TEXT NOT NULL,
    created INTEGER NOT NULL
) WITHOUT ROWID;

-- Refresh tokens, by their hashes.
CREATE TABLE fuse_logins (
    id_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES fuse_users (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE fuse_rooms (
    id TEXT PRIMARY KEY,
    created_by TEXT NOT NULL,
    created INTEGER NOT NULL
) WITHOUT ROWID;

-- Who has joined and not left since; a lost connection is no leaving.
CREATE TABLE fuse_room_members (
    room_id TEXT NOT NULL REFERENCES fuse_rooms (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    PRIMARY KEY (room_id, user_id)
) WITHOUT ROWID;

CREATE TABLE fuse_messages (
    number INTEGER PRIMARY KEY,
    room_id TEXT NOT NULL REFERENCES fuse_rooms (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    content TEXT NOT NULL,
    metadata TEXT NOT NULL,
    time INTEGER NOT NULL
);
CREATE INDEX fuse_messages_of_room ON fuse_messages (room_id, number);

CREATE TABLE fuse_tasks (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    status TEXT NOT NULL,
    priority INTEGER NOT NULL,
    progress REAL NOT NULL,
    assignee_id TEXT,
    creator_id TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
) WITHOUT ROWID;
