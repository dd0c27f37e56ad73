#include "engineio/sid.hpp"

#include "engineio/net/text.hpp"

namespace engineio {

namespace {

constexpr std::size_t random_bytes_count = 12;
constexpr std::size_t sid_length = 20;
constexpr std::size_t counter_chars = 4;  // base64 of the last 3 bytes, aligned
constexpr std::uint32_t counter_end = 1u << 24;

std::optional<std::uint32_t> base64url_digit(char c) {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '-' || c == '_') {
        return c == '-' ? 62 : 63;
    }
    return std::nullopt;
}

}  // namespace

SidGenerator::SidGenerator(unsigned shard, unsigned shard_count)
    : shard_(shard), shard_count_(shard_count), counter_(shard) {}

std::string SidGenerator::next() {
    std::string bytes = net::random_bytes(random_bytes_count);
    bytes += static_cast<char>(counter_ >> 16);
    bytes += static_cast<char>(counter_ >> 8);
    bytes += static_cast<char>(counter_);
    counter_ += shard_count_;
    if (counter_ >= counter_end) {
        // Not modulo: the remainder by shard_count must stay the shard's.
        counter_ = shard_;
    }
    return net::base64url_encode(bytes);
}

std::optional<unsigned> shard_of(std::string_view sid, unsigned shard_count) {
    if (sid.size() != sid_length) {
        return std::nullopt;
    }
    std::uint32_t counter = 0;
    for (std::size_t i = 0; i < sid_length; ++i) {
        auto const digit = base64url_digit(sid[i]);
        if (!digit) {
            return std::nullopt;
        }
        if (i >= sid_length - counter_chars) {
            counter = counter << 6 | *digit;
        }
    }
    return counter % shard_count;
}

}  // namespace engineio
