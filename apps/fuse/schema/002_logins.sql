-- Every login clears away expired ones, and those of the same user that are too many.
CREATE INDEX fuse_logins_expiry ON fuse_logins (expires_at);
CREATE INDEX fuse_logins_user ON fuse_logins (user_id, expires_at);
