#pragma once

#include "engineio/limits.hpp"
#include "engineio/net/message.hpp"
#include "engineio/net/text.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace engineio::net {

enum class Opcode : std::uint8_t {
    continuation = 0x0,
    text = 0x1,
    binary = 0x2,
    close = 0x8,
    ping = 0x9,
    pong = 0xA,
};

/// Close codes this layer speaks of (RFC 6455 section 7.4.1).
namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t none = 1005;      ///< the peer's close frame was empty
inline constexpr std::uint16_t abnormal = 1006;  ///< no close frame at all
inline constexpr std::uint16_t invalid_data = 1007;
inline constexpr std::uint16_t policy = 1008;
inline constexpr std::uint16_t too_big = 1009;
}  // namespace close_code

/// The text of the error with code 1008.
inline constexpr std::string_view too_many_fragments = "Too many message fragments";

/// May a peer put this code into a close frame? 1000-1003, 1007-1014, 3000-4999, as ws has it.
bool is_valid_close_code(std::uint16_t code) noexcept;

/// Turns the bytes a client sends into messages (RFC 6455 section 5, server side). Owned by one
/// WebSocket connection; knows no socket. A frame that arrives whole is unmasked in place and
/// delivered as a view into the input; only the tail of a split frame and fragmented messages are
/// copied, into memory that is given back as soon as it is empty. Memory grows with the bytes that
/// arrived, never with a length a header announces.
class WsDecoder {
public:
    /// Receives what was decoded. Views die with the call. After on_error or on_close the decoder
    /// ignores all further input.
    struct Sink {
        virtual ~Sink() = default;
        /// `compressed`: the payload is still deflated (RFC 7692) and text was not checked for
        /// UTF-8; both are up to the sink.
        virtual void on_message(MessageKind kind, std::string_view payload, bool compressed) = 0;
        virtual void on_ping(std::string_view payload) = 0;
        virtual void on_pong(std::string_view payload) = 0;
        /// `code` is 1005 if the peer gave none.
        virtual void on_close(std::uint16_t code, std::string_view reason) = 0;
        /// `code` is the close code to answer with, `text` the description in ws's words.
        virtual void on_error(std::uint16_t code, std::string_view text) = 0;
        /// False stops decoding for good: the connection was closed by what it just received.
        virtual bool wants_more() = 0;
        /// False stops it for now, behind what it just received; see feed().
        virtual bool wants_more_now() { return true; }
    };

    /// `max_message_bytes` counts all fragments of a message and is checked from the frame header
    /// before its data arrives. `deflate`: RSV1 is legal on the first frame of a message.
    /// `max_fragments` are the frames of one message, empty ones included.
    explicit WsDecoder(std::size_t max_message_bytes, bool deflate = false,
                       std::uint32_t max_fragments = limits::max_ws_fragments);
    ~WsDecoder();
    WsDecoder(WsDecoder&&) noexcept;
    WsDecoder& operator=(WsDecoder&&) noexcept;

    /// Decodes `bytes`, which are overwritten (unmasking happens in place). The sink must neither
    /// destroy this decoder nor feed it from inside a call. Returns the end of `bytes` that the
    /// sink did not want now, unchanged: to be fed before what follows it.
    std::span<char> feed(std::span<char> bytes, Sink& sink);

    /// Bytes held for unfinished frames and messages.
    std::size_t buffered_bytes() const noexcept;

private:
    struct Header;
    struct Pending;

    std::span<char> next_frame(std::span<char> bytes, Sink& sink);
    std::span<char> resume_header(std::span<char> bytes, Sink& sink);
    std::span<char> resume_payload(std::span<char> bytes, Sink& sink);
    bool check_start(std::span<char const> bytes, Sink& sink);
    bool parse_header(std::span<char const> bytes, Header& header, Sink& sink);
    void begin_payload(Header const& header);
    void finish_frame(Header const& header, std::string_view payload, Sink& sink);
    void finish_fragment(Header const& header, std::size_t begin, Sink& sink);
    void finish_control(Header const& header, std::string_view payload, Sink& sink);
    void finish_close(std::string_view payload, Sink& sink);
    void deliver(MessageKind kind, std::string_view payload, bool compressed, Sink& sink);
    void fail(Sink& sink, std::uint16_t code, std::string_view text);
    void ask(Sink& sink);
    bool in_message() const noexcept;
    Pending& pending();

    std::unique_ptr<Pending> pending_;  ///< only while a frame or message is unfinished
    std::size_t max_message_bytes_;
    std::uint32_t max_fragments_;
    bool deflate_;
    bool stopped_ = false;
    bool paused_ = false;  ///< this feed() ends here
};

/// Writes the header of an unmasked, final frame and returns its length (2, 4 or 10).
/// `out` has room for 10 bytes. `rsv1` marks a compressed message.
std::size_t encode_header(char* out, Opcode opcode, std::uint64_t payload_bytes,
                          bool rsv1 = false) noexcept;

/// A complete close frame. Without a code it is empty and the reason is ignored. The reason is cut
/// to the 123 bytes a control frame has room for, between two characters.
std::string encode_close(std::optional<std::uint16_t> code, std::string_view reason = {});

/// A complete ping, pong or close frame; `payload` is cut to 125 bytes.
std::string encode_control(Opcode opcode, std::string_view payload);

/// XORs `data` with the masking key, as if `offset` bytes had been (un)masked before it.
void apply_mask(std::span<char> data, std::uint32_t key, std::size_t offset = 0) noexcept;

}  // namespace engineio::net
