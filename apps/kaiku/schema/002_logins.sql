-- Every login clears away expired ones, and those of the same user that are too many.
CREATE INDEX kaiku_logins_expiry ON kaiku_logins (expires_at);
CREATE INDEX kaiku_logins_user ON kaiku_logins (user_id, expires_at);
