-- For the world of one: in what somebody takes part is found without looking through all.
CREATE INDEX eliza_participants_of_entity ON eliza_participants (entity_id);
