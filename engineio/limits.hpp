#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every limit and default of the two engineio layers in one place, so that "how much can a peer
/// make us hold?" is answered by reading one file. A leaf: it includes nothing of the project,
/// which is why `engineio/net` may include it although it lies one folder up.
namespace engineio::limits {

using namespace std::chrono_literals;

// --- HTTP -------------------------------------------------------------------------------------

/// Request line and headers together; more is answered 431 and the connection closes (Node).
inline constexpr std::size_t max_header_bytes = 16 * 1024;
/// Surplus header fields are dropped, as Node does, and counted; from a proxy that is believed such
/// a request is answered 431.
inline constexpr std::size_t max_headers_count = 2000;
/// From the first byte of a request to the end of its headers.
inline constexpr std::chrono::milliseconds header_timeout = 60s;
/// From the first byte of a request to the end of its body; never cuts a parked long poll.
inline constexpr std::chrono::milliseconds request_timeout = 300s;
/// Idle time between two requests of one connection.
inline constexpr std::chrono::milliseconds keep_alive_timeout = 5s;
/// Bytes of following requests held while one is being answered; then reading pauses, so that it
/// may be one read more.
inline constexpr std::size_t max_pipelined_bytes = 64 * 1024;
/// An upgrade request nobody claims is ended silently after this time.
inline constexpr std::chrono::milliseconds destroy_upgrade_timeout = 1s;
/// Longer Origin headers do not match a regular expression of the `cors` option.
inline constexpr std::size_t max_pattern_origin_bytes = 512;
/// Upgrade requests for other paths held at a time without being claimed; one more cuts the oldest.
inline constexpr std::size_t max_unclaimed_upgrades = 1000;
/// Connections of a listener that have not sent a whole request head yet, its TLS handshake
/// included; one more cuts the oldest. Each may take header_timeout.
inline constexpr std::size_t max_half_open_connections = 20'000;
/// When descriptors run out, a shard cuts so many of them before the next connection is accepted,
/// but none that came a moment ago: its head is still under way.
inline constexpr std::size_t max_half_open_cuts = 64;
inline constexpr std::chrono::milliseconds half_open_grace = 250ms;
/// Polling answers below this size are not compressed.
inline constexpr std::size_t http_compression_threshold_bytes = 1024;
/// Nor above this one: the shard stands still while one is compressed, some 15 ms at this size.
inline constexpr std::size_t max_http_compression_bytes = 256 * 1024;

// --- WebSocket --------------------------------------------------------------------------------

/// Frames of one message; more closes with 1008 (as ws).
inline constexpr std::size_t max_ws_fragments = 16384;
/// Payload of ping, pong and close frames (RFC 6455 section 5.5).
inline constexpr std::size_t max_control_payload_bytes = 125;
/// Messages below this size are not compressed when no context is taken over.
inline constexpr std::size_t deflate_threshold_bytes = 1024;
/// A read is decoded until it has inflated to so many bytes; the rest of it waits for a later turn.
/// Otherwise 64 KiB could be sixty messages of a megabyte that exist at the same time.
inline constexpr std::size_t max_inflated_bytes_per_turn = 256 * 1024;
/// How long a closing WebSocket waits for the peer's close frame.
inline constexpr std::chrono::milliseconds close_timeout = 30s;

// --- Engine.IO --------------------------------------------------------------------------------

/// A POST body or WebSocket message, type byte included (maxHttpBufferSize).
inline constexpr std::size_t max_payload_bytes = 1'000'000;
/// Packets in one POST; more ends the session. As many as short events fill the bytes above.
inline constexpr std::size_t max_payload_packets = 131'072;
/// Upgrades of a shard that are under way; one more is refused 503, and its client goes on polling.
inline constexpr std::size_t max_unfinished_upgrades = 20'000;
/// From the first request of an upgrade to its end; then the client goes on polling (Node).
inline constexpr std::chrono::milliseconds upgrade_timeout = 10s;
/// Sessions of a server, however few connections they use: a polling one needs none between two
/// requests, and without a word of its client it lasts as long as the heartbeat's patience. One
/// costs some 2 KB when idle, so these are half a gigabyte; who serves more WebSockets than that
/// has raised the number of descriptors, too.
inline constexpr std::size_t max_sessions = 200'000;
/// When a client should come back that met it (Retry-After).
inline constexpr std::chrono::seconds max_sessions_retry = 5s;
/// Longest time between two pings and for an answer, twelve days: clients wait for both together,
/// and those in JavaScript have timers of 31 bits, of which longer ones are due at once.
inline constexpr std::chrono::milliseconds max_ping_time{(1 << 30) - 1};
/// Addresses whose rate of new sessions is remembered; the one not seen for longest is forgotten.
inline constexpr std::size_t max_handshake_addresses = 100'000;
/// How long a closing polling session waits for the next GET to deliver its close packet.
inline constexpr std::chrono::milliseconds polling_close_timeout = 30s;
/// A GET with more header fields is packed while it is parked: an unpacked field costs 64 bytes.
inline constexpr std::size_t max_parked_fields = 40;
/// While a WebSocket probes, the parked poll is released with a noop at this pace.
inline constexpr std::chrono::milliseconds noop_interval = 100ms;

// --- Connections and shards -------------------------------------------------------------------

/// From the accept to the end of the TLS handshake (Node: 120 s).
inline constexpr std::chrono::milliseconds tls_handshake_timeout = 30s;
/// So much is encrypted before the kernel is asked to take it.
inline constexpr std::size_t tls_flush_bytes = 64 * 1024;
/// Polling answers and WebSocket messages together that a shard compresses in one turn; equal ones
/// count once. What exceeds it is sent as it is.
inline constexpr std::size_t max_compression_bytes_per_turn = 256 * 1024;
/// What a WebSocket message counts for at least: a window that is out of the processor's cache, or
/// not made yet, costs as much as these bytes.
inline constexpr std::size_t min_compression_cost_bytes = 1024;
/// The one read buffer of a shard.
inline constexpr std::size_t read_buffer_bytes = 64 * 1024;
/// Above this no further request is read from an HTTP connection that pipelines them.
inline constexpr std::size_t high_water_bytes = 1024 * 1024;
/// Above this the connection is closed: the reader is too slow to be served.
inline constexpr std::size_t max_buffered_bytes = 16 * 1024 * 1024;
/// Messages that may wait where so many bytes may: each weighs some 64 bytes besides its own, for
/// handles and heads, and a million of one byte are a hundred megabytes.
constexpr std::size_t max_queued_messages(std::size_t max_bytes) {
    return max_bytes / 64;
}
/// A turn writes to at most so many connections that have new output, and to half as many of those
/// that waited; the others wait while reads are served.
inline constexpr std::size_t max_flushes_per_turn = 512;
/// A connection that has so many messages to write does not wait for the end of the turn: as many
/// as one system call takes.
inline constexpr std::size_t max_messages_per_flush = 64;
/// Packets of a POST, or of what was read from a WebSocket, that are decoded in one turn; the rest
/// waits for a later one, as does the answer. Each is a task, and each of these may be a broadcast.
inline constexpr std::size_t max_packets_per_turn = 1024;
/// Tasks from other threads, such as broadcasts of other shards, that a shard does in one turn.
inline constexpr std::size_t max_posted_per_turn = 128;
/// Such tasks may be posted faster than they are done. When a shard has so much before it, a
/// connection of another one that posts more to it is not read until half of it is done, and that
/// of other shards that are behind.
inline constexpr std::size_t posted_high_water_bytes = 1024 * 1024;
/// The same for all connections of the other shards, whatever they say: many of them post a little
/// each, and tasks that no connection waits for post, too.
inline constexpr std::size_t max_posted_bytes = 32 * posted_high_water_bytes;
/// What a task counts for besides what it sends: it may be work for thousands of recipients.
inline constexpr std::size_t posted_task_bytes = 1024;
/// Connections that are read again at once then; the next of them after another look.
inline constexpr std::size_t max_let_go_per_look = 8;
/// What an HTTP connection is given beyond its times, again and again, while it is not read so.
inline constexpr std::chrono::milliseconds held_off_patience = 1s;
/// Those that wait look again after this time.
inline constexpr std::chrono::milliseconds posted_look_interval = 1ms;
/// Overdue heartbeats that are forgiven while a connection is not read, for its unfinished handlers
/// or the sake of other shards; then it ends with "ping timeout", after about four intervals.
inline constexpr int max_forgiven_heartbeats = 4;
/// A limit that is met again and again is logged once in this time, for each limit and shard.
inline constexpr std::chrono::milliseconds limit_log_interval = 10s;
/// So are exceptions of the application, for each name of a function, which may be that of a peer's
/// event: so many names of a shard are told apart, and of a name and its error so much is written.
inline constexpr std::size_t max_seldom_names = 64;
inline constexpr std::size_t max_logged_name_bytes = 128;
inline constexpr std::size_t max_logged_error_bytes = 1024;
/// A server that drains waits so long for peers that neither fetch nor read what is left for them.
inline constexpr std::chrono::milliseconds goodbye_time = 1s;
/// What was freed is handed back to the system so long after something happened, if it is as much
/// as this and a 64th of the process.
inline constexpr std::chrono::milliseconds unused_memory_interval = 5s;
inline constexpr std::int64_t min_unused_memory_bytes = 256 * 1024;
/// What each thread keeps at the free end of its memory at most (mallopt(3), M_TRIM_THRESHOLD):
/// while it works, for large messages need it again and again, and a shard so long after something
/// happened. Blocks from this size are mappings of their own (M_MMAP_THRESHOLD): no message is that
/// clients may send by default.
inline constexpr int max_free_end_bytes = 8 * 1024 * 1024;
inline constexpr int max_idle_free_end_bytes = 128 * 1024;
inline constexpr int min_mapped_bytes = 4 * 1024 * 1024;
/// Resolution of the shard's timer wheel.
inline constexpr std::chrono::milliseconds timer_tick = 10ms;

// --- Socket.IO --------------------------------------------------------------------------------

/// Attachments one packet may announce. More would let a peer make us wait for and keep any number
/// of binary messages (CVE-2026-33151).
inline constexpr std::size_t max_attachments = 10;
/// Bytes a peer may make us duplicate by naming one attachment several times. Node shares the
/// buffer; we copy, and 30,000 placeholders for one megabyte would be 30 GB. Stock encoders never
/// name an attachment twice.
inline constexpr std::size_t max_reused_attachment_bytes = 1024 * 1024;
/// Text of a packet that waits for its attachments, up to which its tree is kept meanwhile: a tree
/// is up to thirty times as large, and they may never come. A longer text is read again.
inline constexpr std::size_t max_waiting_tree_bytes = 4096;
/// Deepest nesting of arrays and objects accepted from the wire. The reference has no limit, but a
/// tree is copied and destroyed recursively, so an unlimited one would be a stack overflow.
inline constexpr std::size_t max_json_depth = 512;
/// Sockets of one connection, connecting ones included. A polling body of 1 MB could carry 300,000
/// CONNECTs, and every one is a socket.
inline constexpr std::size_t max_sockets_per_connection = 1024;
/// Of these, sockets of one namespace. A client that leaves and comes back while middlewares take
/// their time has two or three; each hears every broadcast.
inline constexpr std::size_t max_sockets_per_namespace = 4;
/// Rooms of one socket, which an application often joins at the client's wish: some 200 bytes each.
inline constexpr std::size_t max_rooms_per_socket = 10'000;
/// Longest name of a room.
inline constexpr std::size_t max_room_bytes = 1024;
/// Memory of the auth payloads of one connection's sockets, which live as long as they do. A
/// string of max_payload_bytes fits; as many brackets are a tree of fifty megabytes.
inline constexpr std::size_t max_auth_bytes = 1024 * 1024;
/// Acknowledgements awaited from one connection: some 200 bytes each, and a timer.
inline constexpr std::size_t max_pending_acks = 10'000;
/// Memory of the answers to one broadcast while others are awaited, in so many times
/// max_http_buffer_size. One answer takes at most its share of that, and those to all broadcasts of
/// a shard as many times that.
inline constexpr std::size_t kept_answers = 16;
inline constexpr std::size_t answer_share = 4;
/// How long a connection may stay without a namespace (Node).
inline constexpr std::chrono::milliseconds connect_timeout = 45s;
/// From a CONNECT to the decision of the connection's middlewares. As long as the connect timeout,
/// which does the same for the first namespace of a connection and which Node has, too.
inline constexpr std::chrono::milliseconds middleware_timeout = 45s;
/// Dynamic namespaces alive at once; one more is an "Invalid namespace". A peer may ask for any
/// name that the application's pattern admits, and every namespace is some hundred bytes a shard.
inline constexpr std::size_t max_dynamic_namespaces = 10'000;
/// Longest name of a dynamic namespace. A name may not weigh more than what it names, and
/// libstdc++ matches regular expressions recursively.
inline constexpr std::size_t max_dynamic_name_bytes = 512;
/// Unfinished coroutine handlers of one connection, and events that wait for a middleware; above,
/// nothing more is read from it until half of them are done, unless one may be waiting for that
/// client's own answer.
inline constexpr std::size_t max_unfinished_handlers = 256;
/// As many close the connection: it was not pausing that could help.
inline constexpr std::size_t max_unfinished_handlers_closing = 16 * 1024;
/// Memory that these keep of what one connection has sent, in so many times max_http_buffer_size:
/// the same at the first, and at the second even while its answer is awaited, unless it is one
/// event alone. A value may take twenty times the bytes of its text.
inline constexpr std::size_t unfinished_messages = 4;
inline constexpr std::size_t unfinished_messages_closing = 16;
/// Most packets, their bytes (and those of saved sessions), and saved sessions that the recovery of
/// a server keeps, of all its namespaces together: clients may name those. Beyond, the oldest of
/// the namespace with the most are dropped, so a client that was away longer connects anew.
inline constexpr std::size_t max_recovery_packets = 65'536;
inline constexpr std::size_t max_recovery_bytes = 64 * 1024 * 1024;
inline constexpr std::size_t max_recovery_sessions = 65'536;
/// What these take besides their texts, and each text (room, attachment) besides its characters:
/// a quarter more than measured, for what the allocator loses.
inline constexpr std::size_t recovery_packet_bytes = 256;
inline constexpr std::size_t recovery_session_bytes = 480;
inline constexpr std::size_t recovery_text_bytes = 48;
/// What a client that comes back has missed, with so many bytes more for each message of it, which
/// its frames and handles take: a client that has missed more connects anew. And so many times
/// that, until it names an event that is newer than its return: it may come again as its connection
/// breaks again, but not for ever with the same.
inline constexpr std::size_t max_recovery_missed_bytes = 4 * 1024 * 1024;
inline constexpr std::size_t missed_message_bytes = 256;
inline constexpr std::size_t max_recovery_repeats = 4;
/// Of such a message the copy that a shard sends is shared from this size on, and looked after at
/// this pace until everybody has it.
inline constexpr std::size_t min_shared_missed_bytes = 512;
inline constexpr std::chrono::milliseconds shared_missed_interval = 5s;
/// No saved session takes more than this part of the bytes: a few could drive out everybody's.
inline constexpr std::size_t recovery_session_share = 64;
/// A broadcast's acknowledgements without .timeout(), and server_side_emit_with_ack.
inline constexpr std::chrono::milliseconds broadcast_ack_timeout = 5s;
/// How much longer the answers of other servers are waited for than those of our own clients.
inline constexpr std::chrono::milliseconds cluster_grace = 500ms;

// --- Raw JSON endpoints (apps/common) ----------------------------------------------------------

/// Longest "messageId" or request id of a peer; they are echoed and remembered.
inline constexpr std::size_t max_message_id_bytes = 128;
/// Output handed to a connection ahead of its reader; what exceeds it waits sorted by priority.
inline constexpr std::size_t priority_window_bytes = 64 * 1024;

}  // namespace engineio::limits
