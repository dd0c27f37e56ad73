#include "apps/common/envelope.hpp"

#include "engineio/limits.hpp"
#include "engineio/net/result.hpp"

#include <utility>

namespace apps::common {

namespace {

using socketio::Json;

// Takes a text out of the message; false if there is something else.
bool take_text(Json::Object& message, std::string_view name, std::string& out) {
    auto* const member = message.find(name);
    if (member == nullptr || member->is_null()) {
        return true;
    }
    auto* const text = member->string();
    if (text == nullptr || text->size() > engineio::limits::max_message_id_bytes) {
        return false;
    }
    out = *text;
    return true;
}

bool take_timestamp(Json::Object const& message, std::optional<double>& out) {
    auto const* const member = message.find("timestamp");
    if (member == nullptr || member->is_null()) {
        return true;
    }
    out = member->number();
    return out.has_value();
}

bool take_priority(Json::Object const& message, std::optional<int>& out) {
    auto const* const member = message.find("priority");
    if (member == nullptr || member->is_null()) {
        return true;
    }
    auto const level = member->integer();
    if (!level || *level < 0 || *level >= Envelope::priority_levels) {
        return false;
    }
    out = static_cast<int>(*level);
    return true;
}

void write_member(std::string& out, std::string_view name, std::string_view text) {
    socketio::TextWriter(out).string(name);
    out += ':';
    socketio::TextWriter(out).string(text);
}

// The members of an object's text behind what `out` has already, a comma in between.
void splice(std::string& out, std::string_view object) {
    SIO_ASSERT(object.size() >= 2 && object.front() == '{');
    if (object.size() > 2) {
        out += ',';
        out += object.substr(1, object.size() - 2);
    }
}

}  // namespace

std::string_view fault_text(Fault fault) {
    switch (fault) {
    case Fault::binary:
        return "Binary messages are not supported";
    case Fault::not_json:
        return "The message is not valid JSON";
    case Fault::not_an_object:
        return "The message is not a JSON object";
    case Fault::no_type:
        return "The message has no type";
    case Fault::invalid_envelope:
        return "A field of the envelope is invalid";
    case Fault::unknown_type:
        return "Unknown message type";
    case Fault::invalid_payload:
        return "The fields do not fit the message type";
    }
    return "Invalid message";
}

Envelope Envelope::nested(std::string member) {
    Envelope envelope;
    envelope.payload_ = std::move(member);
    return envelope;
}

Envelope Envelope::with_timestamp() const {
    auto copy = *this;
    copy.timestamp_ = true;
    return copy;
}

Envelope Envelope::with_message_id() const {
    auto copy = *this;
    copy.message_id_ = true;
    return copy;
}

Envelope Envelope::with_priority(int normal) const {
    SIO_ASSERT(normal >= 0 && normal < priority_levels);
    auto copy = *this;
    copy.priority_ = true;
    copy.normal_priority_ = normal;
    return copy;
}

Envelope Envelope::with_id(std::string member) const {
    auto copy = *this;
    copy.id_ = std::move(member);
    return copy;
}

std::optional<Fault> Envelope::decode(std::string_view text, Inbound& out) const {
    auto json = Json::parse(text);
    if (!json) {
        return Fault::not_json;
    }
    auto* const message = json->object_members();
    if (message == nullptr) {
        return Fault::not_an_object;
    }
    // All of them, so that the answer to a faulty message can name it.
    bool fits = id_.empty() || take_text(*message, id_, out.id);
    fits &= !message_id_ || take_text(*message, "messageId", out.message_id);
    fits &= !timestamp_ || take_timestamp(*message, out.timestamp);
    fits &= !priority_ || take_priority(*message, out.priority);
    auto const* const type = (*json)["type"].string();
    if (type == nullptr || type->empty()) {
        return Fault::no_type;
    }
    out.type = *type;
    if (!fits) {
        return Fault::invalid_envelope;
    }
    if (payload_.empty()) {
        out.payload = *std::move(json);
    } else if (auto* const payload = message->find(payload_)) {
        out.payload = std::move(*payload);
    }
    return std::nullopt;
}

void Envelope::encode(std::string& out, std::string_view type, socketio::PayloadRef payload,
                      Outbound const& meta) const {
    out += '{';
    if (!id_.empty() && !meta.id.empty()) {
        write_member(out, id_, meta.id);
        out += ',';
    }
    write_member(out, "type", type);
    if (payload_.empty()) {
        std::string object;
        socketio::TextWriter writer(object);
        payload(writer);
        splice(out, object);
    } else {
        out += ',';
        socketio::TextWriter(out).string(payload_);
        out += ':';
        socketio::TextWriter writer(out);
        payload(writer);
    }
    if (timestamp_) {
        out += ",\"timestamp\":";
        out += std::to_string(meta.timestamp);
    }
    if (message_id_) {
        out += ',';
        write_member(out, "messageId", meta.message_id);
    }
    if (priority_ && meta.priority) {
        out += ",\"priority\":";
        out += std::to_string(*meta.priority);
    }
    out += '}';
}

}  // namespace apps::common
