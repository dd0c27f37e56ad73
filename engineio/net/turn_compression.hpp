#pragma once

#include "engineio/net/compress.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace engineio::net {

/// How much a shard has time to compress in one turn: who broadcasts to hundreds that poll or have
/// windows of their own must not hold up the others. Equal bodies one after the other, as a
/// broadcast makes them, are compressed once. Part of its shard.
class TurnCompression {
public:
    /// For what is compressed elsewhere, as a WebSocket's messages are: spends so many of
    /// limits::max_compression_bytes_per_turn, but none and false when there are not as many left.
    bool spend(std::size_t bytes);
    /// `body` in `encoding`, or nothing when there is not as much left. Spends it.
    std::optional<std::string> compress(ContentEncoding encoding, std::string_view body, int level);
    /// Forgets everything.
    void end_turn() {
        if (spent_ != 0) {
            spent_ = 0;
            encoding_ = ContentEncoding::identity;  // which nobody asks for
            std::string().swap(body_);
            std::string().swap(compressed_);
        }
    }

private:
    std::size_t spent_ = 0;
    // The last one.
    std::string body_;
    std::string compressed_;
    ContentEncoding encoding_ = ContentEncoding::identity;
    int level_ = 0;
};

}  // namespace engineio::net
