-- All that a search looks at, in the order of its answers: it ends with its page, and what it passes
-- by costs no look at a document itself, which may be large.
CREATE INDEX dungeonlab_documents_order ON dungeonlab_documents
    (name, id, document_type, plugin_id, plugin_document_type, owner_id, campaign_id);
