-- In the order in which channels make place for new ones when there are too many, see
-- Archive::most_dispensable_channel.
CREATE INDEX eliza_channels_dispensable ON eliza_channels (messages > 2, updated_at);
