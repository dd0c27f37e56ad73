-- The address a channel was made from, of IPv6 the network of 64 bits; '' of those from before and
-- where there is none. What each has made is counted, so that who fills the server pays for it.
ALTER TABLE eliza_channels ADD COLUMN maker TEXT NOT NULL DEFAULT '';
CREATE TABLE eliza_makers (
    maker TEXT PRIMARY KEY,
    channels INTEGER NOT NULL,  -- without those that are removed
    bytes INTEGER NOT NULL      -- of messages and participants, leftovers included
) WITHOUT ROWID;
INSERT INTO eliza_makers
    SELECT maker, SUM(removed = 0), SUM(bytes) FROM eliza_channels GROUP BY maker;

CREATE TRIGGER eliza_channel_counts AFTER INSERT ON eliza_channels BEGIN
    INSERT INTO eliza_makers VALUES (new.maker, new.removed = 0, new.bytes)
    ON CONFLICT (maker) DO UPDATE SET channels = channels + excluded.channels,
        bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER eliza_channel_counts_anew AFTER UPDATE OF maker, removed, bytes ON eliza_channels
BEGIN
    UPDATE eliza_makers SET channels = channels - (old.removed = 0), bytes = bytes - old.bytes
        WHERE maker = old.maker;
    INSERT INTO eliza_makers VALUES (new.maker, new.removed = 0, new.bytes)
    ON CONFLICT (maker) DO UPDATE SET channels = channels + excluded.channels,
        bytes = bytes + excluded.bytes;
    DELETE FROM eliza_makers WHERE maker = old.maker AND channels = 0 AND bytes = 0;
END;
CREATE TRIGGER eliza_channel_counts_no_more AFTER DELETE ON eliza_channels BEGIN
    UPDATE eliza_makers SET channels = channels - (old.removed = 0), bytes = bytes - old.bytes
        WHERE maker = old.maker;
    DELETE FROM eliza_makers WHERE maker = old.maker AND channels = 0 AND bytes = 0;
END;

CREATE INDEX eliza_makers_channels ON eliza_makers (channels) WHERE maker <> '';
CREATE INDEX eliza_makers_bytes ON eliza_makers (bytes) WHERE maker <> '';
CREATE INDEX eliza_channels_of_maker ON eliza_channels (maker, messages > 2, updated_at)
    WHERE removed = 0;
CREATE INDEX eliza_channels_heaviest_of_maker ON eliza_channels (maker, bytes)
    WHERE messages > 0;
