#pragma once

#include "socketio/json_codec.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace apps::common {

/// Why a received message can't be handled.
enum class Fault : std::uint8_t {
    binary,            ///< a binary frame, where only text is spoken
    not_json,          ///< no JSON text
    not_an_object,     ///< JSON, but no object
    no_type,           ///< "type" is missing, empty or no text
    invalid_envelope,  ///< "timestamp", "messageId", "priority" or the id is of the wrong kind
    unknown_type,      ///< nobody handles this type
    invalid_payload,   ///< the fields do not fit the handler's argument
};

/// A sentence about the fault, without anything the peer said.
std::string_view fault_text(Fault fault);

/// One received message, taken out of its envelope.
struct Inbound {
    std::string type;
    socketio::Json payload;                ///< nested: that member; flat: the whole object
    std::optional<double> timestamp = {};  ///< milliseconds since 1970, if the peer said so
    std::string message_id = {};           ///< "" if the peer gave none
    std::optional<int> priority = {};      ///< 0 (critical) to 4 (background), if given
    std::string id = {};                   ///< of a request, for its answer; "" if none
};

/// What an outgoing message says besides its type and payload.
struct Outbound {
    std::string_view message_id = {};  ///< empty: a fresh one, if the envelope has such ids
    std::string_view id = {};          ///< of the request this answers; empty: none
    std::optional<int> priority = {};
    std::int64_t timestamp = 0;  ///< milliseconds since 1970, if the envelope has it
};

/// How messages are wrapped on one raw WebSocket protocol:
///
///   flat()             {"type": "ping", "field": …}                     CASYS, Kaiku
///   nested("payload")  {"type": "joinRoom", "payload": {"roomId": …}}   The New Fuse
///
/// and what else an envelope carries. A member that a client leaves out, or sends as null, is
/// absent; what is there has to be of the right kind. A value, made once per endpoint; its const
/// functions may be called on any thread.
class Envelope {
public:
    static constexpr int priority_levels = 5;

    static Envelope flat() { return {}; }
    static Envelope nested(std::string member);

    /// "timestamp", milliseconds: read if given, always written.
    Envelope with_timestamp() const;
    /// "messageId": read if given (a text of at most limits::max_message_id_bytes), always written.
    Envelope with_message_id() const;
    /// "priority", 0 to 4: read if given, written if the sender says so. What has none travels as
    /// `normal`.
    Envelope with_priority(int normal) const;
    /// A request's id (a text, same limit) under this name: read if given, written in answers.
    Envelope with_id(std::string member) const;

    bool has_message_id() const { return message_id_; }
    int normal_priority() const { return normal_priority_; }

    /// The message in `text`, which is UTF-8. Of a message that is JSON but faulty, `out` has what
    /// could be read, for the answer.
    std::optional<Fault> decode(std::string_view text, Inbound& out) const;

    /// Appends the message. `payload` writes one value, which in a flat envelope has to be an
    /// object without the envelope's own members.
    void encode(std::string& out, std::string_view type, socketio::PayloadRef payload,
                Outbound const& meta) const;

private:
    Envelope() = default;

    std::string payload_ = {};  // name of the member; empty: flat
    std::string id_ = {};       // name of the member; empty: none
    int normal_priority_ = 0;
    bool priority_ = false;
    bool timestamp_ = false;
    bool message_id_ = false;
};

}  // namespace apps::common
