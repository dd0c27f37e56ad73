-- What messages and participants take, as a sum: of a channel and of all. And removal in pieces:
-- messages up to cleared_to count as gone, channels with `removed` as well, until Archive::sweep has
-- deleted them. A channel that has such leftovers has a cleared_to.
ALTER TABLE eliza_messages ADD COLUMN bytes INTEGER GENERATED ALWAYS AS (
    512 + LENGTH(CAST(author_name AS BLOB)) + LENGTH(CAST(content AS BLOB))
    + LENGTH(CAST(source_type AS BLOB)) + LENGTH(CAST(metadata_json AS BLOB))) VIRTUAL;
ALTER TABLE eliza_channels ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE eliza_channels ADD COLUMN cleared_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE eliza_channels ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
UPDATE eliza_channels SET
    bytes = (SELECT COALESCE(SUM(bytes), 0) FROM eliza_messages WHERE channel_id = eliza_channels.id)
        + 256 * (SELECT COUNT(*) FROM eliza_participants WHERE channel_id = eliza_channels.id);
CREATE TABLE eliza_total (bytes INTEGER NOT NULL);
INSERT INTO eliza_total SELECT COALESCE(SUM(bytes), 0) FROM eliza_channels;

CREATE TRIGGER eliza_message_comes AFTER INSERT ON eliza_messages BEGIN
    UPDATE eliza_channels SET updated_at = new.created_at, messages = messages + 1,
        bytes = bytes + new.bytes WHERE id = new.channel_id;
END;
CREATE TRIGGER eliza_message_goes AFTER DELETE ON eliza_messages BEGIN
    UPDATE eliza_channels SET messages = messages - (old.seq > cleared_to),
        bytes = bytes - old.bytes WHERE id = old.channel_id;
END;
CREATE TRIGGER eliza_participant_comes AFTER INSERT ON eliza_participants BEGIN
    UPDATE eliza_channels SET bytes = bytes + 256 WHERE id = new.channel_id;
END;
CREATE TRIGGER eliza_participant_goes AFTER DELETE ON eliza_participants BEGIN
    UPDATE eliza_channels SET bytes = bytes - 256 WHERE id = old.channel_id;
END;
CREATE TRIGGER eliza_channel_grows AFTER UPDATE OF bytes ON eliza_channels BEGIN
    UPDATE eliza_total SET bytes = bytes + new.bytes - old.bytes;
END;
CREATE TRIGGER eliza_channel_goes AFTER DELETE ON eliza_channels BEGIN
    UPDATE eliza_total SET bytes = bytes - old.bytes;
END;

CREATE INDEX eliza_channels_heaviest ON eliza_channels (bytes) WHERE messages > 0;
CREATE INDEX eliza_channels_leftovers ON eliza_channels (id) WHERE cleared_to > 0;
DROP INDEX eliza_channels_dispensable;
CREATE INDEX eliza_channels_dispensable ON eliza_channels (messages > 2, updated_at)
    WHERE removed = 0;
-- For the world of everybody: the channels touched last are found without sorting all.
CREATE INDEX eliza_channels_latest ON eliza_channels (updated_at DESC, id) WHERE removed = 0;
