-- A name goes with the last channel its owner takes part in, whatever takes that away.
DELETE FROM eliza_entities WHERE id NOT IN (SELECT entity_id FROM eliza_participants);
CREATE TRIGGER eliza_names_go AFTER DELETE ON eliza_participants
WHEN NOT EXISTS (SELECT 1 FROM eliza_participants WHERE entity_id = old.entity_id)
BEGIN
    DELETE FROM eliza_entities WHERE id = old.entity_id;
END;
