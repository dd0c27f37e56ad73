CREATE TABLE kaiku_users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE COLLATE NOCASE,
    display_name TEXT NOT NULL,
    email TEXT,
    password_hash TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'online',
    preferences TEXT NOT NULL DEFAULT '{}',
    preferences_updated INTEGER NOT NULL,
    created INTEGER NOT NULL
) WITHOUT ROWID;

-- Refresh tokens, by their hashes.
CREATE TABLE kaiku_logins (
    id_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES kaiku_users (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE kaiku_guilds (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    created INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE kaiku_guild_members (
    guild_id TEXT NOT NULL REFERENCES kaiku_guilds (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    joined INTEGER NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) WITHOUT ROWID;

CREATE TABLE kaiku_invites (
    code TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    guild_id TEXT NOT NULL REFERENCES kaiku_guilds (id) ON DELETE CASCADE,
    created_by TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,  -- 0: never
    uses INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE kaiku_channels (
    id TEXT PRIMARY KEY,
    guild_id TEXT NOT NULL REFERENCES kaiku_guilds (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    channel_type TEXT NOT NULL,
    topic TEXT NOT NULL,
    position INTEGER NOT NULL,
    created INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE kaiku_messages (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    channel_id TEXT NOT NULL REFERENCES kaiku_channels (id) ON DELETE CASCADE,
    author_id TEXT NOT NULL,
    content TEXT NOT NULL,
    encrypted INTEGER NOT NULL,
    reply_to TEXT,
    created INTEGER NOT NULL,
    edited INTEGER NOT NULL  -- 0: never
);
CREATE INDEX kaiku_messages_of_channel ON kaiku_messages (channel_id, number);

-- Requests, friends and, each on its own, blocks.
CREATE TABLE kaiku_friendships (
    id TEXT PRIMARY KEY,
    requester_id TEXT NOT NULL,
    addressee_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
) WITHOUT ROWID;
