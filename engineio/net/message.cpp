#include "engineio/net/message.hpp"

#include "engineio/net/result.hpp"
#include "engineio/net/ws_codec.hpp"

#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

namespace engineio::net {

Message Message::make(MessageKind kind, std::string_view payload) {
    return make(kind, {}, payload);
}

Message Message::make(MessageKind kind, std::string_view prefix, std::string_view payload) {
    std::size_t const size = prefix.size() + payload.size();
    SIO_ASSERT(size <= std::numeric_limits<std::uint32_t>::max());
    // One allocation for counter, header room and payload: a broadcast costs one malloc per shard.
    void* memory = std::malloc(sizeof(Block) + head_room_bytes + size);
    if (!memory) {
        throw std::bad_alloc();
    }
    char header[head_room_bytes];
    Opcode const opcode = kind == MessageKind::text ? Opcode::text : Opcode::binary;
    std::size_t const head = encode_header(header, opcode, size);

    Message message;
    message.block_ = new (memory)
        Block{1, static_cast<std::uint32_t>(size), kind, static_cast<std::uint8_t>(head)};
    char* out = message.data();
    // The header ends where the payload begins, whatever its length.
    std::memcpy(out - head, header, head);
    if (!prefix.empty()) {
        std::memcpy(out, prefix.data(), prefix.size());
    }
    if (!payload.empty()) {
        std::memcpy(out + prefix.size(), payload.data(), payload.size());
    }
    return message;
}

void Message::release(Block* block) noexcept {
    std::free(block);
}

}  // namespace engineio::net
