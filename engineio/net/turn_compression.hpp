#pragma once

#include "engineio/net/compress.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace engineio::net {

/// Compresses what is sent once, as much of it as a shard has time for in one turn: who broadcasts
/// to hundreds that poll must not hold up the others. Equal bodies one after the other, as a
/// broadcast makes them, are compressed once. Part of its shard.
class TurnCompression {
public:
    /// `body` in `encoding`, or nothing when limits::max_http_compression_bytes_per_turn are spent.
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
