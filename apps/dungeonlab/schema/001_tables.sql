-- Ids are 24 hexadecimal digits, times milliseconds since 1970, *_json the text of a JSON value.

CREATE TABLE dungeonlab_users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE COLLATE NOCASE,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL,
    display_name TEXT NOT NULL,
    is_admin INTEGER NOT NULL DEFAULT 0,
    preferences_json TEXT NOT NULL DEFAULT '{}',
    profile_json TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;

CREATE TABLE dungeonlab_campaigns (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    plugin_id TEXT NOT NULL,
    game_master_id TEXT NOT NULL REFERENCES dungeonlab_users (id),
    owner_id TEXT NOT NULL REFERENCES dungeonlab_users (id),
    status TEXT NOT NULL,
    plugin_data_json TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE dungeonlab_sessions (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    campaign_id TEXT NOT NULL REFERENCES dungeonlab_campaigns (id),
    game_master_id TEXT NOT NULL REFERENCES dungeonlab_users (id),
    status TEXT NOT NULL CHECK (status IN ('scheduled', 'active', 'paused', 'ended')),
    settings_json TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE dungeonlab_documents (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    document_type TEXT NOT NULL
        CHECK (document_type IN ('item', 'character', 'actor', 'vtt-document')),
    plugin_id TEXT NOT NULL,
    plugin_document_type TEXT NOT NULL,
    plugin_data_json TEXT NOT NULL DEFAULT '{}',
    user_data_json TEXT NOT NULL DEFAULT '{}',
    state_json TEXT NOT NULL DEFAULT '{}',
    item_state_json TEXT NOT NULL DEFAULT '{}',
    owner_id TEXT NOT NULL REFERENCES dungeonlab_users (id),
    created_by TEXT NOT NULL REFERENCES dungeonlab_users (id),
    campaign_id TEXT REFERENCES dungeonlab_campaigns (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX dungeonlab_documents_campaign ON dungeonlab_documents (campaign_id, document_type);
CREATE INDEX dungeonlab_documents_owner ON dungeonlab_documents (owner_id);

CREATE TABLE dungeonlab_states (
    id TEXT PRIMARY KEY,
    campaign_id TEXT NOT NULL UNIQUE REFERENCES dungeonlab_campaigns (id),
    state_json TEXT NOT NULL,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE dungeonlab_messages (
    id INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES dungeonlab_sessions (id),
    sender_id TEXT NOT NULL,
    recipient_type TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    text TEXT NOT NULL,
    metadata_json TEXT NOT NULL,
    sent_at INTEGER NOT NULL
);
CREATE INDEX dungeonlab_messages_session ON dungeonlab_messages (session_id, id);

-- Logins by cookie, see auth/login_table.hpp.
CREATE TABLE dungeonlab_logins (
    id_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES dungeonlab_users (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX dungeonlab_logins_expiry ON dungeonlab_logins (expires_at);
