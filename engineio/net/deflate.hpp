#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace engineio::net {

/// Why inflating a message failed.
enum class InflateError { none, invalid, too_big };

/// Compresses the messages of one connection (RFC 7692 section 7.2.1). With context takeover it
/// owns a zlib stream (made at the first message); without, it holds nothing and borrows a stream
/// shared by its thread, so an idle connection costs no memory. Owned by a WebSocket connection.
class Deflater {
public:
    /// `window_bits` 8 to 15 as negotiated; `level` 0 to 9, or -1 for zlib's default.
    explicit Deflater(bool takeover, int window_bits = 15, int level = -1);
    ~Deflater();
    Deflater(Deflater&&) noexcept;
    Deflater& operator=(Deflater&&) noexcept;

    /// The compressed payload of one frame with RSV1 set.
    std::string compress(std::string_view message);

    struct Stream;

private:
    std::unique_ptr<Stream> stream_;
    bool takeover_;
    int window_bits_;
    int level_;
};

/// The reverse (RFC 7692 section 7.2.2), with a limit on what comes out: the output grows with the
/// data really produced, never by announcement, and stops one block past the limit.
class Inflater {
public:
    Inflater(bool takeover, std::size_t max_message_bytes, int window_bits = 15);
    ~Inflater();
    Inflater(Inflater&&) noexcept;
    Inflater& operator=(Inflater&&) noexcept;

    /// Fills `out` with the message. After an error the connection must be closed: with takeover
    /// the window is lost.
    InflateError decompress(std::string_view payload, std::string& out);

    struct Stream;

private:
    std::unique_ptr<Stream> stream_;
    std::size_t max_message_bytes_;
    bool takeover_;
    int window_bits_;
};

/// One whole body for HTTP; `gzip` chooses between the gzip and zlib formats (RFC 1952, 1950).
std::string deflate_whole(std::string_view body, bool gzip, int level = -1);

}  // namespace engineio::net
