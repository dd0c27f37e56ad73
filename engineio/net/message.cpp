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
    return make_frame(kind, false, prefix, payload);
}

Message Message::make_deflated(MessageKind kind, std::string_view payload) {
    return make_frame(kind, true, {}, payload);
}

Message Message::make_frame(MessageKind kind, bool deflated, std::string_view prefix,
                            std::string_view payload) {
    std::size_t const size = prefix.size() + payload.size();
    SIO_ASSERT(size <= std::numeric_limits<std::uint32_t>::max());
    // One allocation for counter, header room and payload: a broadcast costs one malloc per shard.
    void* memory = std::malloc(sizeof(Block) + head_room_bytes + size);
    if (!memory) {
        throw std::bad_alloc();
    }
    char header[head_room_bytes];
    Opcode const opcode = kind == MessageKind::text ? Opcode::text : Opcode::binary;
    std::size_t const head = encode_header(header, opcode, size, deflated);

    Message message;
    message.block_ = new (memory) Block{
        1, static_cast<std::uint32_t>(size), kind, static_cast<std::uint8_t>(head), 0, nullptr};
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

Message Message::variant(std::uint8_t key) const noexcept {
    for (auto* form = block_->variants; form; form = form->variants) {
        if (form->key == key) {
            Message found;
            found.block_ = form;
            ++form->refs;
            return found;
        }
    }
    return {};
}

void Message::add_variant(std::uint8_t key, Message const& form) const noexcept {
    SIO_ASSERT(form && !form.block_->variants && block_ != form.block_);
    ++form.block_->refs;
    form.block_->key = key;
    form.block_->variants = std::exchange(block_->variants, form.block_);
}

void Message::release(Block* block) noexcept {
    // A variant that is still queued somewhere outlives its message, but not its place in the list;
    // one that is in a list has a reference and does not get here.
    for (auto* form = block->variants; form;) {
        auto* const next = std::exchange(form->variants, nullptr);
        if (--form->refs == 0) {
            std::free(form);
        }
        form = next;
    }
    std::free(block);
}

}  // namespace engineio::net
