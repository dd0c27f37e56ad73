#include "engineio/net/turn_compression.hpp"

#include "engineio/limits.hpp"

namespace engineio::net {

std::optional<std::string> TurnCompression::compress(ContentEncoding encoding,
                                                     std::string_view body, int level) {
    if (encoding == encoding_ && level == level_ && body == body_) {
        return compressed_;
    }
    if (body.size() > limits::max_http_compression_bytes_per_turn - spent_) {
        return std::nullopt;
    }
    spent_ += body.size();
    encoding_ = ContentEncoding::identity;  // nothing is kept should memory run out
    compressed_ = deflate_body(encoding, body, level);
    body_ = body;
    encoding_ = encoding;
    level_ = level;
    return compressed_;
}

}  // namespace engineio::net
