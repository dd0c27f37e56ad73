#pragma once

#include "apps/common/rate_limit.hpp"
#include "apps/common/send_queue.hpp"
#include "engineio/net/http.hpp"
#include "engineio/net/shard.hpp"
#include "engineio/net/ws_connection.hpp"
#include "socketio/rooms.hpp"

#include <any>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apps::common {

class JsonEndpoint;

/// How one message is sent; made for `{.priority = 1}` at the place of the call. Views must live
/// during the call.
struct SendOptions {
    std::optional<int> priority = {};            ///< none: the envelope's normal one
    std::string_view message_id = {};            ///< empty: a fresh one
    std::string_view id = {};                    ///< of the request this answers
    std::optional<std::int64_t> timestamp = {};  ///< none: the present time
    /// Dropped for a reader that lags by limits::high_water_bytes: what the next one replaces.
    bool droppable = false;
    /// Always takes the way through the shards' task queues. Messages sent so under one lock reach
    /// every peer in the order of the lock; others may overtake each other between two shards.
    bool ordered = false;
};

/// One client of a JsonEndpoint: a raw WebSocket, its rooms and what the application keeps with
/// it. Lives on one shard, and is used on it only; owned by its WebSocket, so that references end
/// with on_disconnect. To reach it from elsewhere, keep its id: JsonEndpoint::peer(id).
class Peer final : public socketio::RoomMember, private engineio::net::WsHandler {
public:
    /// Unique in the process's life, never 0. Not a secret, and not shown to clients by itself.
    std::uint64_t id() const { return id_; }

    /// The application's own state, made when first asked for; after authenticate() what that
    /// returned. Always of one type.
    template <class T>
    T& data() {
        if (!data_.has_value()) {
            data_.emplace<T>();
        }
        return std::any_cast<T&>(data_);
    }

    /// Sends to this peer; a no-op once it is closing.
    template <class T>
    void send(std::string_view type, T const& payload, SendOptions const& options = {});
    /// The same without an envelope: `payload` is the whole message.
    template <class T>
    void send_bare(T const& payload, SendOptions const& options = {});

    void join(std::string_view room);
    void leave(std::string_view room);
    void leave_all();
    bool in_room(std::string_view room) const;
    std::vector<std::string> rooms() const;  ///< in order of joining

    /// Starts the close handshake (RFC 6455 section 7.1.2); nothing is received any more. Codes:
    /// 1000, 1001, 1003, 1007-1014, or the application's own 3000-4999. A reason is cut to 123
    /// bytes. on_disconnect follows.
    void close(std::uint16_t code, std::string_view reason = {});
    bool open() const { return connection_ != nullptr; }

    /// False while output waits for a slow reader.
    bool writable() const;
    /// Bytes not yet given to the kernel.
    std::size_t buffered_bytes() const;

    engineio::net::Shard& shard() const { return shard_; }

private:
    friend class JsonEndpoint;
    friend class EndpointShard;

    Peer(JsonEndpoint& endpoint, engineio::net::Shard& shard, std::uint64_t id);

    void on_open(engineio::net::WsConnection& connection) override;
    void on_text(std::string_view text) override;
    void on_binary(std::string_view bytes) override;
    void on_drain() override;
    void on_close(std::uint16_t code, std::string_view error) override;

    void push(engineio::net::Message message, int level, bool droppable);
    void send_encoded(std::string_view text, SendOptions const& options);
    void pump();
    /// close(), but what waits for a slow reader goes first.
    void close_after_output(std::uint16_t code, std::string_view reason);

    JsonEndpoint& endpoint_;
    engineio::net::Shard& shard_;
    std::uint64_t const id_;
    std::uint64_t mark_ = 0;  // of the last broadcast that looked at it
    engineio::net::WsConnection* connection_ = nullptr;
    std::unique_ptr<engineio::net::Request> request_;  // until on_connection has seen it
    std::unique_ptr<SendQueue> waiting_;
    std::any data_;
    std::optional<TokenBucket> bucket_;
    std::uint32_t refused_ = 0;  // messages over the limit since the last one within it
    bool held_ = false;          // something had to wait, and on_drain is due
};

}  // namespace apps::common
