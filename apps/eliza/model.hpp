#pragma once

// What ElizaOS's world consists of, in neutral form: no dialect, no socket. Times in milliseconds
// since 1970, ids are UUIDs. `metadata` is the clients' own JSON object, kept and not understood
// but for the members named in messages.hpp.

#include "socketio/json.hpp"
#include "socketio/raw_json.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace apps::eliza {

/// Bounds on what clients can make the server keep and send.
struct Limits {
    std::size_t text_bytes = 64 * 1024;
    std::size_t name_bytes = 128;
    std::size_t metadata_bytes = 8 * 1024;  ///< JSON text of one message or channel
    std::size_t participants = 256;         ///< of one channel
    std::size_t channels = 10'000;          ///< together; those nobody is in make place
    /// When there are too many, whoever has made this many or more gives up its own first. Makers
    /// are told apart by their address (an IPv6 network of 64 bits); who has none, at a Unix socket
    /// or of a channel from before, counts as nobody.
    std::size_t channels_per_maker = 100;
    /// Channels somebody is in make no place, but no more than this many of one such maker.
    std::size_t used_channels_per_maker = 1'000;
    std::size_t servers = 100;
    std::size_t messages_per_channel = 5'000;  ///< the oldest go
    /// Of all channels' messages and participants together, with what SQLite adds: the channel that
    /// takes the most loses its oldest messages, so that a flood costs nobody else's history.
    std::size_t kept_bytes = 1024 * 1024 * 1024;
    /// Whoever's channels take this many of them or more loses of its own first.
    std::size_t kept_bytes_per_maker = 64 * 1024 * 1024;
    std::size_t listed_channels = 1'000;     ///< the newest, in one REST answer
    std::size_t page = 200;                  ///< messages of one REST answer
    std::size_t world_messages = 50;         ///< of each channel in `world-state`
    std::size_t world_channels = 100;        ///< the latest
    std::size_t world_participants = 5'000;  ///< of all of them; channels beyond are left out
    std::size_t history = 20;                ///< messages an agent is shown
    /// Of one answer or of what an agent is shown, as weight_of() counts: what is more is left out,
    /// of messages the oldest.
    std::size_t answer_bytes = 2 * 1024 * 1024;
};

/// The server every channel belongs to unless a message names another one.
inline constexpr char default_server_id[] = "00000000-0000-0000-0000-000000000000";

enum class ChannelType : std::uint8_t { dm, group };

struct Server {
    std::string id;
    std::string name;
    std::string source_type;
    socketio::Json metadata;
    std::int64_t created_at = 0;
    std::int64_t updated_at = 0;
};

struct Channel {
    std::string id;
    std::string server_id;
    std::string name;
    ChannelType type = ChannelType::group;
    std::string source_type;
    socketio::Json metadata;
    std::int64_t created_at = 0;
    std::int64_t updated_at = 0;
    std::string maker = {};  ///< address it was made from, "" if unknown; told to nobody
};

inline socketio::RawJson no_metadata() {
    return socketio::RawJson::trusted("{}");
}

struct Message {
    std::string id;
    std::string channel_id;
    std::string server_id;
    std::string author_id;
    std::string author_name;
    std::string content;
    std::string source_type;  ///< where it came from, "client_chat" or "agent_response"
    std::optional<std::string> client_id;
    std::optional<std::string> in_reply_to;
    /// An object, may have attachments, thought, actions. As text: a tree of it takes up to twenty
    /// times as much, and pages of messages hand it on as it is.
    socketio::RawJson metadata = no_metadata();
    std::int64_t created_at = 0;
    std::int64_t updated_at = 0;
};

/// An agent as people see it; what it says is made by an Agent (agent.hpp) of the same id.
struct AgentState {
    std::string id;
    std::string name;
    std::string bio;
    bool active = true;
    std::int64_t created_at = 0;
    std::int64_t updated_at = 0;
};

struct World {
    struct Room {
        Channel channel;
        std::vector<std::string> participants;  ///< agents included
        std::vector<Message> messages;          ///< oldest first
    };
    std::vector<AgentState> agents;
    std::map<std::string, std::string> users;  ///< id → name
    std::vector<Room> rooms;
};

/// Why a request was refused: the text, the field it is about, and for REST the status.
struct Refusal {
    std::string error;
    std::string field;
    std::string value;
    int status = 400;
};

template <typename T>
using Outcome = boost::system::result<T, Refusal>;

}  // namespace apps::eliza
