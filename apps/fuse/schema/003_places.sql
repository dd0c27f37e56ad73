-- Where a room or a task was made, in whose share it counts: a keyed hash of the address, '' if it
-- is not known. And how much was ever said in a room, since the least used give way.
ALTER TABLE fuse_rooms ADD COLUMN made_at TEXT NOT NULL DEFAULT '';
ALTER TABLE fuse_rooms ADD COLUMN messages INTEGER NOT NULL DEFAULT 0;
UPDATE fuse_rooms SET
    messages = (SELECT count(*) FROM fuse_messages WHERE fuse_messages.room_id = fuse_rooms.id);
ALTER TABLE fuse_tasks ADD COLUMN made_at TEXT NOT NULL DEFAULT '';
