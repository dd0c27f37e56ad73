#include "engineio/net/turn_compression.hpp"

#include "engineio/limits.hpp"

namespace engineio::net {

bool TurnCompression::spend(std::size_t bytes) {
    if (bytes > limits::max_compression_bytes_per_turn - spent_) {
        return false;
    }
    spent_ += bytes;
    return true;
}

std::optional<std::string> TurnCompression::compress(ContentEncoding encoding,
                                                     std::string_view body, int level) {
    if (encoding == encoding_ && level == level_ && body == body_) {
        return compressed_;
    }
    if (!spend(body.size())) {
        return std::nullopt;
    }
    encoding_ = ContentEncoding::identity;  // nothing is kept should memory run out
    compressed_ = deflate_body(encoding, body, level);
    body_ = body;
    encoding_ = encoding;
    level_ = level;
    return compressed_;
}

}  // namespace engineio::net
