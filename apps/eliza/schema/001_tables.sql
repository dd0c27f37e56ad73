-- Ids are UUIDs, times milliseconds since 1970, *_json the text of a JSON value.

CREATE TABLE eliza_servers (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    source_type TEXT NOT NULL,
    metadata_json TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- The agents of the program, whether people have stopped them.
CREATE TABLE eliza_agents (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    bio TEXT NOT NULL,
    active INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE eliza_server_agents (
    server_id TEXT NOT NULL REFERENCES eliza_servers (id) ON DELETE CASCADE,
    agent_id TEXT NOT NULL,
    PRIMARY KEY (server_id, agent_id)
) WITHOUT ROWID;

-- source_type 'auto': came into being by somebody's joining or speaking there.
CREATE TABLE eliza_channels (
    id TEXT PRIMARY KEY,
    server_id TEXT NOT NULL REFERENCES eliza_servers (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('DM', 'GROUP')),
    source_type TEXT NOT NULL,
    metadata_json TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    messages INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX eliza_channels_of_server ON eliza_channels (server_id, created_at);

-- People and agents alike, in the order they came.
CREATE TABLE eliza_participants (
    seq INTEGER PRIMARY KEY,
    channel_id TEXT NOT NULL REFERENCES eliza_channels (id) ON DELETE CASCADE,
    entity_id TEXT NOT NULL,
    UNIQUE (channel_id, entity_id)
);

-- The names people gave themselves.
CREATE TABLE eliza_entities (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE eliza_messages (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    channel_id TEXT NOT NULL REFERENCES eliza_channels (id) ON DELETE CASCADE,
    author_id TEXT NOT NULL,
    author_name TEXT NOT NULL,
    content TEXT NOT NULL,
    source_type TEXT NOT NULL,
    client_id TEXT,
    in_reply_to TEXT,
    metadata_json TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX eliza_messages_of_channel ON eliza_messages (channel_id, created_at, seq);
-- A client that sends a message again after a lost connection sends it once.
CREATE UNIQUE INDEX eliza_messages_sent ON eliza_messages (channel_id, author_id, client_id)
    WHERE client_id IS NOT NULL;
