#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace engineio::net {

enum class MessageKind : std::uint8_t { text, binary };

/// One outgoing message, encoded once and shared by every recipient of a shard: `frame()` is the
/// complete WebSocket frame (RFC 6455 section 5.2, unmasked, as servers send), `payload()` the
/// same bytes without its header for polling. A handle of 8 bytes to one allocation; queues own
/// the handles. The count is NOT atomic: a Message never leaves the shard that made it. To reach
/// another shard post the bytes and let it make its own.
class Message {
public:
    Message() noexcept = default;

    /// Copies the payload. `payload` may hold up to 4 GiB - 1 bytes; more is an assertion.
    static Message make(MessageKind kind, std::string_view payload);
    /// The payload is `prefix` followed by `payload` (for example the Engine.IO type byte).
    static Message make(MessageKind kind, std::string_view prefix, std::string_view payload);
    /// The payload is deflated: the frame has RSV1 set (RFC 7692 section 6).
    static Message make_deflated(MessageKind kind, std::string_view payload);

    Message(Message const& other) noexcept : block_(other.block_) {
        if (block_) {
            ++block_->refs;
        }
    }
    Message(Message&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    Message& operator=(Message other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~Message() {
        if (block_ && --block_->refs == 0) {
            release(block_);
        }
    }

    explicit operator bool() const noexcept { return block_ != nullptr; }

    /// The following require a non-empty handle. Views live as long as any handle to the message.
    MessageKind kind() const noexcept { return block_->kind; }
    std::size_t size() const noexcept { return block_->size; }
    std::string_view payload() const noexcept { return {data(), block_->size}; }
    std::string_view frame() const noexcept {
        return {data() - block_->head, std::size_t{block_->head} + block_->size};
    }

    /// A form of this message that several recipients can share, for example the compressed frame
    /// of certain parameters: kept with the message and freed with it. `key` says which form; few
    /// are expected. An empty handle if there is none yet.
    Message variant(std::uint8_t key) const noexcept;
    void add_variant(std::uint8_t key, Message const& form) const noexcept;

    /// Whether there are other handles of this message.
    bool shared() const noexcept { return block_->refs > 1; }
    /// Whether both handles share one buffer.
    bool same(Message const& other) const noexcept { return block_ == other.block_; }

private:
    /// The longest header of an unmasked frame: 2 bytes + 64-bit length.
    static constexpr std::size_t head_room_bytes = 10;

    struct Block {
        std::uint32_t refs;
        std::uint32_t size;
        MessageKind kind;
        std::uint8_t head;  ///< length of the frame header, which ends where the payload begins
        std::uint8_t key;   ///< if it is a variant of another message
        Block* variants;    ///< the first of a list of owned ones; of a variant: the next of them
    };

    static Message make_frame(MessageKind kind, bool deflated, std::string_view prefix,
                              std::string_view payload);
    static void release(Block* block) noexcept;

    char* data() const noexcept {
        return reinterpret_cast<char*>(block_) + sizeof(Block) + head_room_bytes;
    }

    Block* block_ = nullptr;
};

}  // namespace engineio::net
