#include "engineio/net/deflate.hpp"

#include "engineio/net/result.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace engineio::net {

namespace {

constexpr std::size_t chunk_bytes = 16 * 1024;
constexpr int mem_level = 8;
constexpr int largest_window = 15;

/// What a sync flush ends with and RFC 7692 section 7.2.1 removes from every message.
constexpr std::string_view flush_tail{"\x00\x00\xff\xff", 4};

Bytef* input(std::string_view bytes) noexcept {
    // zlib's interface predates const; it does not write to its input.
    return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

using Chunk = std::array<char, chunk_bytes>;

}  // namespace

struct Deflater::Stream {
    Stream(int window_bits, int level) : window_bits(window_bits), level(level) {
        // No zlib window is 256 bytes. Text of literals only needs no window at all, so an agreed
        // window of 8 bits is kept by not referring back (RFC 7692 section 7.1.2.1).
        int const strategy = window_bits == 8 ? Z_HUFFMAN_ONLY : Z_DEFAULT_STRATEGY;
        int const status =
            deflateInit2(&z, level, Z_DEFLATED, -std::max(window_bits, 9), mem_level, strategy);
        SIO_ASSERT(status == Z_OK);
    }
    ~Stream() { deflateEnd(&z); }
    Stream(Stream const&) = delete;
    Stream& operator=(Stream const&) = delete;

    z_stream z{};
    int window_bits;
    int level;
};

struct Inflater::Stream {
    explicit Stream(int window_bits) {
        int const status = inflateInit2(&z, -std::max(window_bits, 9));
        SIO_ASSERT(status == Z_OK);
    }
    ~Stream() { inflateEnd(&z); }
    Stream(Stream const&) = delete;
    Stream& operator=(Stream const&) = delete;

    z_stream z{};
};

namespace {

/// The stream all connections of this thread share that keep no context. One is enough: all of
/// them nearly always agree on the same parameters.
Deflater::Stream& shared_deflate(int window_bits, int level) {
    thread_local std::unique_ptr<Deflater::Stream> stream;
    if (!stream || stream->window_bits != window_bits || stream->level != level) {
        stream = std::make_unique<Deflater::Stream>(window_bits, level);
    } else {
        deflateReset(&stream->z);
    }
    return *stream;
}

/// The largest window reads every smaller one.
Inflater::Stream& shared_inflate() {
    thread_local Inflater::Stream stream(largest_window);
    inflateReset(&stream.z);
    return stream;
}

/// Runs deflate over `body` until `flush` has nothing left to write.
void deflate_all(z_stream& z, std::string_view body, int flush, std::string& out) {
    Chunk chunk;
    z.next_in = input(body);
    z.avail_in = static_cast<uInt>(body.size());
    do {
        z.next_out = reinterpret_cast<Bytef*>(chunk.data());
        z.avail_out = static_cast<uInt>(chunk.size());
        deflate(&z, flush);
        out.append(chunk.data(), chunk.size() - z.avail_out);
    } while (z.avail_out == 0);
}

}  // namespace

Deflater::Deflater(bool takeover, int window_bits, int level)
    : takeover_(takeover), window_bits_(window_bits), level_(level) {}
Deflater::~Deflater() = default;
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;

std::string Deflater::compress(std::string_view message) {
    if (takeover_ && !stream_) {
        stream_ = std::make_unique<Stream>(window_bits_, level_);
    }
    Stream& stream = takeover_ ? *stream_ : shared_deflate(window_bits_, level_);
    std::string out;
    deflate_all(stream.z, message, Z_SYNC_FLUSH, out);
    if (out.size() <= flush_tail.size()) {
        // Nothing to say: the empty block of RFC 7692 section 7.2.3.6.
        return std::string(1, '\0');
    }
    out.resize(out.size() - flush_tail.size());
    return out;
}

Inflater::Inflater(bool takeover, std::size_t max_message_bytes, int window_bits)
    : max_message_bytes_(max_message_bytes), takeover_(takeover), window_bits_(window_bits) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

InflateError Inflater::decompress(std::string_view payload, std::string& out) {
    if (takeover_ && !stream_) {
        stream_ = std::make_unique<Stream>(window_bits_);
    }
    z_stream& z = (takeover_ ? *stream_ : shared_inflate()).z;
    out.clear();
    Chunk chunk;
    for (std::string_view part : {payload, flush_tail}) {
        z.next_in = input(part);
        z.avail_in = static_cast<uInt>(part.size());
        do {
            z.next_out = reinterpret_cast<Bytef*>(chunk.data());
            z.avail_out = static_cast<uInt>(chunk.size());
            int const status = inflate(&z, Z_SYNC_FLUSH);
            if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
                return InflateError::invalid;
            }
            std::size_t const got = chunk.size() - z.avail_out;
            if (got > max_message_bytes_ - out.size()) {
                return InflateError::too_big;
            }
            out.append(chunk.data(), got);
            if (status == Z_STREAM_END) {
                // A final block ends the message, what follows is padding (section 7.2.3.5).
                inflateReset(&z);
                return InflateError::none;
            }
        } while (z.avail_out == 0);
    }
    return InflateError::none;
}

std::string deflate_whole(std::string_view body, bool gzip, int level) {
    z_stream z{};
    int const window = largest_window + (gzip ? 16 : 0);  // 16 asks zlib for the gzip format
    int const status = deflateInit2(&z, level, Z_DEFLATED, window, mem_level, Z_DEFAULT_STRATEGY);
    SIO_ASSERT(status == Z_OK);
    std::string out;
    deflate_all(z, body, Z_FINISH, out);
    deflateEnd(&z);
    return out;
}

}  // namespace engineio::net
