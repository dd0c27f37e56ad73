#pragma once

#include "engineio/limits.hpp"
#include "engineio/session_limits.hpp"

#include <chrono>
#include <cstddef>

namespace socketio {

/// What one packet of a client may be made of; more ends its connection ("forced close"), after
/// on_error of its sockets. The parsers keep these, see Decoder::set_limits.
struct PacketLimits {
    /// Binary attachments that a packet may announce; 0: none. MessagePack has none at all.
    std::size_t max_attachments = engineio::limits::max_attachments;
    /// Bytes of a packet's attachments together; 0: max_attachments times max_http_buffer_size,
    /// which is what Node takes.
    std::size_t max_attachment_bytes = 0;
    /// Nesting of arrays and objects in its data: 1 to 512, the default.
    std::size_t max_json_depth = engineio::limits::max_json_depth;
};

/// How much one client may make the server hold or do (`ServerOptions::limits`). Each must be at
/// least 1 unless 0 is explained. Node has none of them but the 10 attachments. What happens at
/// each one, and how it is counted, is a table in socketio/README.md.
struct SocketLimits {
    /// Of one packet.
    PacketLimits packet = {};
    /// Of one session, below Socket.IO. Those of connections are in `http`.
    engineio::SessionLimits session = {};
    /// Rooms of one socket besides its own; Socket::join refuses the next one.
    std::size_t max_rooms = engineio::limits::max_rooms_per_socket;
    /// Bytes of a room's name; Socket::join refuses a longer one.
    std::size_t max_room_bytes = engineio::limits::max_room_bytes;
    /// Sockets (namespaces) of one connection; the next CONNECT ends the connection.
    std::size_t max_sockets = engineio::limits::max_sockets_per_connection;
    /// Memory of the auth payloads of one connection's sockets, which are kept as trees; a CONNECT
    /// with more is refused with "Auth payload too large".
    std::size_t max_auth_bytes = engineio::limits::max_auth_bytes;
    /// Acknowledgements awaited from one connection; the next emit_with_ack to it sends nothing and
    /// is AckError::too_many at once.
    std::size_t max_pending_acks = engineio::limits::max_pending_acks;
    /// Memory of the answers to one broadcast (emit_with_ack) while others are awaited, unless they
    /// are read into a type of fixed size as bool. One answer may take a quarter of it, and those
    /// to all broadcasts that a thread waits for four times as much; an answer that finds no room
    /// is dropped and counts as missing. 0: 16 times max_http_buffer_size.
    std::size_t max_answer_bytes = 0;
    /// From a CONNECT to the decision of all connection middlewares; then the client hears
    /// "Middleware timeout" and what they decide later does not count. 0: no limit.
    std::chrono::milliseconds middleware_timeout = engineio::limits::middleware_timeout;
    /// Unfinished coroutine handlers and middlewares of one connection, and events whose middleware
    /// has yet to call its Next: above the first number it is not read until half of them are done,
    /// at the second, which must be larger, it is closed.
    std::size_t max_unfinished_handlers = engineio::limits::max_unfinished_handlers;
    std::size_t max_unfinished_handlers_closing = engineio::limits::max_unfinished_handlers_closing;
    /// The same for the memory of the arguments that these keep: above the first number it is not
    /// read until half is free again; the second, which must be larger, without the newest event's,
    /// closes it. 0: 4 and 16 times max_http_buffer_size.
    std::size_t max_unfinished_bytes = 0;
    std::size_t max_unfinished_bytes_closing = 0;
    /// Dynamic namespaces of the server at a time; another one is an "Invalid namespace".
    std::size_t max_dynamic_namespaces = engineio::limits::max_dynamic_namespaces;
};

struct ServerOptions;

/// What max_answer_bytes, max_unfinished_bytes and max_unfinished_bytes_closing come to. Pure
/// functions.
std::size_t answer_bytes(ServerOptions const& options);
std::size_t unfinished_bytes(ServerOptions const& options);
std::size_t unfinished_bytes_closing(ServerOptions const& options);

/// Throws std::invalid_argument, naming the option, for what could not work. A pure function.
void check_limits(ServerOptions const& options);

}  // namespace socketio
