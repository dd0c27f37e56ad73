#include "apps/eliza/statements.hpp"

#include "apps/eliza/views.hpp"

namespace apps::eliza {

using socketio::Json;

namespace {

constexpr std::size_t max_attachments = 16;

// The members of the metadata that are looked at later; the rest goes along as it is.
Json metadata_of(Json const& fields) {
    auto metadata = fields["metadata"].is_object() ? fields["metadata"] : Json::object();
    auto const* attachments = fields["attachments"].array_items();
    if (attachments != nullptr && !attachments->empty() && attachments->size() <= max_attachments) {
        metadata.set("attachments", *attachments);
    }
    return metadata;
}

}  // namespace

Entrance entrance_of(Json const& request) {
    Entrance entrance;
    entrance.channel = channel_id_of(request);
    entrance.entity = first_text(request, {"userId", "entityId"});
    entrance.name = first_text(request, {"userName", "username", "displayName", "name"});
    entrance.agent = first_text(request, {"agentId"});
    return entrance;
}

Statement statement_of(Json const& payload) {
    Statement statement;
    statement.metadata = metadata_of(payload);
    statement.channel = channel_id_of(payload);
    statement.server = server_id_of(payload);
    statement.sender = first_text(payload, {"senderId", "author_id", "authorId", "userId"});
    statement.name = first_text(payload, {"senderName", "name", "userName"});
    if (statement.name.empty()) {
        statement.name = first_text(statement.metadata, {"user_display_name", "authorDisplayName"});
    }
    statement.text = first_text(payload, {"message", "content", "text"});
    statement.client_id = first_text(payload, {"messageId"});
    statement.source = first_text(payload, {"source", "source_type"});
    statement.in_reply_to = first_text(payload, {"inReplyToMessageId", "in_reply_to_message_id"});
    statement.type = channel_type_of(statement.metadata);
    statement.target = first_text(payload, {"targetUserId"});
    if (statement.target.empty()) {
        statement.target = first_text(statement.metadata, {"targetUserId"});
    }
    return statement;
}

bool is_complete(Statement const& statement) {
    bool const something = !statement.text.empty() || statement.metadata["attachments"].size() > 0;
    return something && common::is_uuid(statement.channel) && common::is_uuid(statement.server) &&
           common::is_uuid(statement.sender);
}

Statement flat_statement(Json const& message) {
    auto statement = statement_of(message);
    if (statement.server.empty()) {
        statement.server = default_server_id;
    }
    if (statement.sender.empty()) {
        statement.sender = first_text(message, {"entityId"});
    }
    // `text` is the seed's name; `message` that of a community variant.
    if (auto const* text = message["text"].string()) {
        statement.text = *text;
    }
    return statement;
}

}  // namespace apps::eliza
