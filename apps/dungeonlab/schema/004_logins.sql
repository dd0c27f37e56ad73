-- Every login clears away those of the same user that are too many.
CREATE INDEX dungeonlab_logins_user ON dungeonlab_logins (user_id, expires_at);
