#pragma once

#include "engineio/limits.hpp"
#include "engineio/net/admission.hpp"
#include "engineio/net/io_shard.hpp"
#include "engineio/net/message.hpp"
#include "engineio/net/output_queue.hpp"
#include "engineio/net/poller.hpp"
#include "engineio/net/timer_wheel.hpp"
#include "engineio/net/tls_filter.hpp"
#include "engineio/net/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct iovec;

namespace engineio::net {

// The protocol on top of a connection: HttpConnection or WebSocket. Owned by its Connection, never
// destroyed inside one of these calls.
class ConnectionHandler {
public:
    virtual ~ConnectionHandler() = default;
    // The first call: the connection can carry bytes, its TLS handshake is over.
    virtual void on_open() {}
    // The bytes live in the shard's buffer during the call and may be overwritten.
    virtual void on_bytes(std::span<char> bytes) = 0;
    // In a turn of its own, after Connection::hold_input(): time to handle what was kept.
    virtual void on_held_input() {}
    // Everything queued was given to the kernel; see Connection::tell_drained().
    virtual void on_drain() = 0;
    // The peer has ended or reset the stream (empty text), or I/O or TLS failed (its description).
    // No more bytes follow; after a mere end of stream output can still be written and close() must
    // be called, else the connection is closed already.
    virtual void on_end(std::string_view error) = 0;
    // A request is being received or answered.
    virtual bool owes_answer() const { return false; }
    // We have said our last words and wait for the peer's.
    virtual bool parting() const { return false; }
};

// Everything needed to continue a connection on another shard. May move between threads.
struct Handoff {
    UniqueFd socket;
    std::string remote_address;
    std::string unsent;                   // answers of earlier requests the kernel did not take
    std::string unread;                   // bytes read but not handled
    std::unique_ptr<TlsFilter> tls = {};  // null: plain TCP
    std::unique_ptr<Admission::Seat> seat = {};  // null: connections are not counted
};

// The only class that touches a stream socket: waits until it is readable, reads into the shard's
// buffer, collects output and writes it once per turn, both through its TLS filter if it has one
// (connection_tls.cpp). Owned by its IoShard, which destroys it soon after it is shut. All on the
// shard's thread.
class Connection final : public Flushable, public Pollable {
public:
    Connection(IoShard& shard, Handoff handoff);
    ~Connection();
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    // Starts reading for `handler`, which first gets what was read elsewhere.
    void start(std::unique_ptr<ConnectionHandler> handler, std::string unread);
    // Switches protocols; `unread` goes to the new handler in the dispatch phase.
    void replace_handler(std::unique_ptr<ConnectionHandler> next, std::string unread);

    // Queues output for the end of the turn. Ignored once closing. More than set_max_buffered()
    // says, or limits::max_queued_messages() of it, ends the connection (on_end in the dispatch
    // phase).
    void send(Message message);
    void send(std::string bytes);
    // The same in two pieces, of which the second (may be empty) is not copied.
    void send(std::string head, SharedBytes body);

    // limits::max_buffered_bytes at first.
    void set_max_buffered(std::uint32_t bytes) { max_buffered_ = bytes; }

    // Whether its handler hears of on_drain(), as it does at first. Telling those who do nothing
    // with it was a fifth of a broadcast's user time (perf): the objects above are cold by then.
    void tell_drained(bool tell) { tell_drained_ = tell; }

    // Backpressure. While paused, the end of the peer goes unnoticed too.
    void pause_reading() { paused_ = true; }
    void resume_reading();
    bool reading_paused() const { return paused_ || held_off_; }
    // Its shard reads nothing from it for a while, since others are behind with what it makes them
    // do. What the handler has got already is not concerned, but for held input.
    bool held_off() const { return held_off_; }

    // For a handler that keeps some of what it was given for a later turn, behind the others': it
    // hears of on_held_input() then, and until all is handled nothing more is read and no end
    // noticed. Not while reading is paused.
    void hold_input();

    // Writes what is queued, then ends the stream, then discards input for a moment so that the
    // peer gets to read our last words instead of a reset. The handler is not called any more.
    void close();
    // The single exit: closes the socket at once. The handler is not called any more.
    void shut();
    // As if the peer had gone: tells the handler, then shuts.
    void cut();
    // Gives the socket away and shuts what is left of this object.
    Handoff release(std::string unread);

    IoShard& shard() { return shard_; }
    // Without port; empty for the peer of a Unix socket.
    std::string const& remote_address() const { return remote_address_; }
    // From now on it serves one client of this address, for whom the peer is a proxy.
    void set_remote_address(std::string const& address) { remote_address_ = address; }
    bool secure() const { return tls_ != nullptr; }
    std::size_t buffered_bytes() const { return buffered_; }
    bool drained() const { return buffered_ == 0; }
    bool owes_answer() const { return !closing_ && handler_->owes_answer(); }
    // There are last words, which the peer has not taken yet.
    bool parting() const { return closing_ || buffered_ != 0 || handler_->parting(); }

    void flush() override;
    void relieve() override;
    void on_ready(Interest ready) override;

private:
    friend class IoShard;  // slot_, in_line_, serve_held(), hold_off(), let_go()

    void enqueue(std::span<OutputItem> items);
    bool overfull() const;
    void check_overflow();
    bool has_output() const;
    void write_queue();
    bool write_gathered();
    bool give(iovec* vectors, std::size_t count, std::size_t total, std::size_t& written);
    void account(std::size_t added);
    void unaccount(std::size_t removed);
    void consumed(std::size_t bytes);
    void queue_emptied();
    void clear_queue();
    void watch();
    void serve_held();
    bool hold_off();
    void let_go();
    bool reads() const;
    void read_available();
    void end_of_stream();

    // connection_tls.cpp
    void start_tls();
    void read_encrypted(std::span<char> ciphertext);
    void check_filter();
    void filter_failed();
    bool write_encrypted();
    void encrypt_queue();
    std::size_t take_plaintext(std::span<char> room);

    void fail(int error);
    void finish(std::string_view error);
    void linger(Clock::duration patience);

    IoShard& shard_;
    UniqueFd socket_;
    std::unique_ptr<ConnectionHandler> handler_;
    OutputItems queue_;             // its room is the shard's while it is empty
    std::size_t first_ = 0;         // index of the first unsent item
    std::size_t first_offset_ = 0;  // bytes of it already sent
    std::size_t buffered_ = 0;
    std::uint32_t max_buffered_ = limits::max_buffered_bytes;
    std::uint32_t slot_ = 0;      // index in the shard's list
    bool waiting_write_ = false;  // the kernel is full
    bool paused_ = false;
    bool holding_ = false;  // the handler has input left
    bool in_line_ = false;  // of the shard, for serve_held()
    bool held_off_ = false;
    bool closing_ = false;    // close() was called
    bool half_shut_ = false;  // our side of the stream has ended
    bool overflown_ = false;
    bool peer_ended_ = false;
    bool shut_ = false;
    bool tell_drained_ = true;
    int write_error_ = 0;  // met while holding input
    std::unique_ptr<TlsFilter> tls_;
    // What a write needs stands above, in two cache lines.
    std::string remote_address_;
    std::unique_ptr<Admission::Seat> seat_;
    OneShot linger_;  // or the patience for the TLS handshake
};

}  // namespace engineio::net
