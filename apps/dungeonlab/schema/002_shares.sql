-- What a document takes of an answer, and the characters of a campaign by whose they are: so that
-- an answer can be shared out fairly before any of them is read, see documents::characters().
ALTER TABLE dungeonlab_documents ADD COLUMN bytes INTEGER GENERATED ALWAYS AS (
    LENGTH(CAST(slug AS BLOB)) + LENGTH(CAST(name AS BLOB)) + LENGTH(CAST(plugin_id AS BLOB))
    + LENGTH(CAST(plugin_document_type AS BLOB)) + LENGTH(CAST(plugin_data_json AS BLOB))
    + LENGTH(CAST(user_data_json AS BLOB)) + LENGTH(CAST(state_json AS BLOB))
    + LENGTH(CAST(item_state_json AS BLOB))) VIRTUAL;
DROP INDEX dungeonlab_documents_campaign;
CREATE INDEX dungeonlab_documents_campaign
    ON dungeonlab_documents (campaign_id, document_type, owner_id, name, bytes);
CREATE INDEX dungeonlab_sessions_campaign ON dungeonlab_sessions (campaign_id, created_at);
