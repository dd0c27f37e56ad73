#include "engineio/net/ws_codec.hpp"

#include "engineio/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace engineio::net {

namespace {

constexpr std::size_t max_header_size = 14;  // 2 + 64-bit length + masking key
constexpr std::uint64_t max_safe_integer = (std::uint64_t{1} << 53) - 1;

constexpr std::uint8_t fin_bit = 0x80;
constexpr std::uint8_t rsv1_bit = 0x40;
constexpr std::uint8_t rsv23_bits = 0x30;
constexpr std::uint8_t mask_bit = 0x80;

std::uint8_t byte_at(std::span<char const> bytes, std::size_t i) noexcept {
    return static_cast<std::uint8_t>(bytes[i]);
}

bool is_control(Opcode opcode) noexcept {
    return static_cast<std::uint8_t>(opcode) >= 0x8;
}

/// Full size of the header whose first two bytes are known.
std::size_t header_size(std::span<char const> bytes) noexcept {
    std::uint8_t const length = byte_at(bytes, 1) & 0x7F;
    return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + 4;
}

std::uint64_t big_endian(std::span<char const> bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        value = value << 8 | byte_at(bytes, i);
    }
    return value;
}

std::string_view view(std::span<char const> bytes) noexcept {
    return {bytes.data(), bytes.size()};
}

}  // namespace

struct WsDecoder::Header {
    Opcode opcode = Opcode::continuation;
    bool fin = false;
    bool rsv1 = false;
    std::uint32_t key = 0;
    std::size_t length = 0;
};

struct WsDecoder::Pending {
    bool idle() const noexcept { return head_size == 0 && !in_frame && !in_message; }

    // An unfinished header.
    std::array<char, max_header_size> head;
    std::size_t head_size = 0;

    // An unfinished frame. A data frame's bytes gather at the end of `data`, behind the earlier
    // fragments of its message, so completing it moves nothing.
    bool in_frame = false;
    Header frame;
    std::size_t received = 0;
    std::size_t frame_begin = 0;
    std::string control;  ///< may arrive between fragments, so it cannot share `data`

    // An unfinished fragmented message.
    bool in_message = false;
    bool compressed = false;
    MessageKind kind = MessageKind::text;
    std::size_t fragments = 0;
    Utf8State utf8;
    std::string data;
};

WsDecoder::WsDecoder(std::size_t max_message_bytes, bool deflate, std::uint32_t max_fragments)
    : max_message_bytes_(max_message_bytes), max_fragments_(max_fragments), deflate_(deflate) {}
WsDecoder::~WsDecoder() = default;
WsDecoder::WsDecoder(WsDecoder&&) noexcept = default;
WsDecoder& WsDecoder::operator=(WsDecoder&&) noexcept = default;

std::span<char> WsDecoder::feed(std::span<char> bytes, Sink& sink) {
    paused_ = false;
    while (!bytes.empty() && !stopped_ && !paused_) {
        if (pending_ && pending_->in_frame) {
            bytes = resume_payload(bytes, sink);
        } else if (pending_ && pending_->head_size > 0) {
            bytes = resume_header(bytes, sink);
        } else {
            bytes = next_frame(bytes, sink);
        }
    }
    if (pending_ && (stopped_ || pending_->idle())) {
        pending_.reset();
    }
    return stopped_ ? std::span<char>() : bytes;
}

std::size_t WsDecoder::buffered_bytes() const noexcept {
    return pending_ ? pending_->head_size + pending_->control.size() + pending_->data.size() : 0;
}

bool WsDecoder::in_message() const noexcept {
    return pending_ && pending_->in_message;
}

WsDecoder::Pending& WsDecoder::pending() {
    if (!pending_) {
        pending_ = std::make_unique<Pending>();
    }
    return *pending_;
}

void WsDecoder::fail(Sink& sink, std::uint16_t code, std::string_view text) {
    stopped_ = true;
    sink.on_error(code, text);
}

/// The fast path: a frame that starts at `bytes` and is usually all there.
std::span<char> WsDecoder::next_frame(std::span<char> bytes, Sink& sink) {
    if (bytes.size() >= 2 && !check_start(bytes, sink)) {
        return {};
    }
    if (bytes.size() < 2 || bytes.size() < header_size(bytes)) {
        Pending& p = pending();
        std::copy(bytes.begin(), bytes.end(), p.head.begin());
        p.head_size = bytes.size();
        return {};
    }
    Header header;
    if (!parse_header(bytes, header, sink)) {
        return {};
    }
    std::span<char> const rest = bytes.subspan(header_size(bytes));
    if (rest.size() < header.length) {
        begin_payload(header);
        return rest;
    }
    std::span<char> const payload = rest.first(header.length);
    apply_mask(payload, header.key);
    finish_frame(header, view(payload), sink);
    return rest.subspan(header.length);
}

std::span<char> WsDecoder::resume_header(std::span<char> bytes, Sink& sink) {
    Pending& p = pending();
    // One byte at a time: at most 14, and a violation in the first two is answered at once.
    p.head[p.head_size++] = bytes.front();
    bytes = bytes.subspan(1);
    std::span<char const> const head(p.head.data(), p.head_size);
    if (head.size() == 2 && !check_start(head, sink)) {
        return {};
    }
    if (head.size() < 2 || head.size() < header_size(head)) {
        return bytes;
    }
    Header header;
    if (!parse_header(head, header, sink)) {
        return {};
    }
    p.head_size = 0;
    if (header.length == 0) {
        finish_frame(header, {}, sink);
    } else {
        begin_payload(header);
    }
    return bytes;
}

void WsDecoder::begin_payload(Header const& header) {
    Pending& p = pending();
    p.in_frame = true;
    p.frame = header;
    p.received = 0;
    p.frame_begin = p.data.size();
}

std::span<char> WsDecoder::resume_payload(std::span<char> bytes, Sink& sink) {
    Pending& p = pending();
    Header const header = p.frame;
    std::span<char> const part = bytes.first(std::min(bytes.size(), header.length - p.received));
    std::span<char> const rest = bytes.subspan(part.size());
    apply_mask(part, header.key, p.received);
    std::string& target = is_control(header.opcode) ? p.control : p.data;
    target.append(view(part));
    p.received += part.size();
    if (p.received < header.length) {
        return rest;
    }
    p.in_frame = false;
    if (!is_control(header.opcode) && (!header.fin || header.opcode == Opcode::continuation)) {
        finish_fragment(header, p.frame_begin, sink);
    } else {
        // Moved out first: the memory goes back when the message has been handled.
        std::string const whole = std::exchange(target, {});
        finish_frame(header, whole, sink);
    }
    return rest;
}

/// RFC 6455 section 5.2, what the first two bytes tell; in the order and words of ws.
bool WsDecoder::check_start(std::span<char const> bytes, Sink& sink) {
    std::uint8_t const first = byte_at(bytes, 0);
    std::uint8_t const second = byte_at(bytes, 1);
    std::uint8_t const opcode = first & 0x0F;
    std::uint8_t const length = second & 0x7F;
    bool const control = opcode >= 0x8 && opcode <= 0xA;
    bool const data = opcode <= 0x2;
    auto const refuse = [&](std::string_view what) {
        fail(sink, close_code::protocol_error, fmt::format("Invalid WebSocket frame: {}", what));
        return false;
    };
    if (first & rsv23_bits) {
        return refuse("RSV2 and RSV3 must be clear");
    }
    // RFC 7692 section 6: RSV1 only on the first frame of a message.
    if ((first & rsv1_bit) && (!deflate_ || opcode == 0)) {
        return refuse("RSV1 must be clear");
    }
    if (!(control || data) || (data && (opcode == 0) != in_message())) {
        return refuse(fmt::format("invalid opcode {}", opcode));
    }
    if (control && !(first & fin_bit)) {
        return refuse("FIN must be set");
    }
    if (control && (first & rsv1_bit)) {
        return refuse("RSV1 must be clear");
    }
    bool const lone_close_byte = opcode == 0x8 && length == 1;
    if (control && (length > limits::max_control_payload_bytes || lone_close_byte)) {
        return refuse(fmt::format("invalid payload length {}", length));
    }
    if (!(second & mask_bit)) {
        return refuse("MASK must be set");
    }
    return true;
}

/// The complete header; its size limits are checked before any payload is accepted.
bool WsDecoder::parse_header(std::span<char const> bytes, Header& header, Sink& sink) {
    std::uint8_t const first = byte_at(bytes, 0);
    std::size_t const size = header_size(bytes);
    header.opcode = static_cast<Opcode>(first & 0x0F);
    header.fin = (first & fin_bit) != 0;
    header.rsv1 = (first & rsv1_bit) != 0;
    std::memcpy(&header.key, bytes.data() + size - 4, 4);
    std::uint64_t length = byte_at(bytes, 1) & 0x7F;
    if (length >= 126) {
        length = big_endian(bytes.subspan(2, size - 6));
    }
    if (length > max_safe_integer) {
        fail(sink, close_code::too_big, "Unsupported WebSocket frame: payload length > 2^53 - 1");
        return false;
    }
    std::size_t const before = in_message() ? pending_->data.size() : 0;
    if (!is_control(header.opcode) &&
        (length > max_message_bytes_ || before > max_message_bytes_ - length)) {
        fail(sink, close_code::too_big, "Max payload size exceeded");
        return false;
    }
    header.length = static_cast<std::size_t>(length);
    return true;
}

void WsDecoder::finish_frame(Header const& header, std::string_view payload, Sink& sink) {
    if (is_control(header.opcode)) {
        finish_control(header, payload, sink);
        return;
    }
    if (header.fin && header.opcode != Opcode::continuation) {
        MessageKind const kind =
            header.opcode == Opcode::text ? MessageKind::text : MessageKind::binary;
        bool const check = kind == MessageKind::text && !header.rsv1;
        if (check && !is_valid_utf8(payload)) {
            fail(sink, close_code::invalid_data, "Invalid WebSocket frame: invalid UTF-8 sequence");
            return;
        }
        deliver(kind, payload, header.rsv1, sink);
        return;
    }
    Pending& p = pending();
    std::size_t const begin = p.data.size();
    p.data.append(payload);
    finish_fragment(header, begin, sink);
}

/// RFC 6455 section 5.4. The fragment's payload is the end of `data` from `begin`.
void WsDecoder::finish_fragment(Header const& header, std::size_t begin, Sink& sink) {
    Pending& p = pending();
    if (header.opcode != Opcode::continuation) {
        p.in_message = true;
        p.compressed = header.rsv1;
        p.kind = header.opcode == Opcode::text ? MessageKind::text : MessageKind::binary;
        p.fragments = 0;
        p.utf8 = Utf8State{};
    }
    // Empty ones count too: an endless flood of them must end somewhere (CVE-2026-48779).
    if (++p.fragments > max_fragments_) {
        fail(sink, close_code::policy, too_many_fragments);
        return;
    }
    if (p.kind == MessageKind::text && !p.compressed) {
        p.utf8.feed(std::string_view(p.data).substr(begin));
        if (!p.utf8.valid_so_far() || (header.fin && !p.utf8.complete())) {
            fail(sink, close_code::invalid_data, "Invalid WebSocket frame: invalid UTF-8 sequence");
            return;
        }
    }
    if (header.fin) {
        p.in_message = false;
        std::string const whole = std::exchange(p.data, {});
        deliver(p.kind, whole, p.compressed, sink);
    }
}

void WsDecoder::deliver(MessageKind kind, std::string_view payload, bool compressed, Sink& sink) {
    sink.on_message(kind, payload, compressed);
    ask(sink);
}

void WsDecoder::ask(Sink& sink) {
    stopped_ = !sink.wants_more();
    paused_ = !sink.wants_more_now();
}

void WsDecoder::finish_control(Header const& header, std::string_view payload, Sink& sink) {
    if (header.opcode == Opcode::close) {
        finish_close(payload, sink);
        return;
    }
    if (header.opcode == Opcode::ping) {
        sink.on_ping(payload);
    } else {
        sink.on_pong(payload);
    }
    ask(sink);
}

/// RFC 6455 sections 5.5.1 and 7.4. Whatever follows a close frame is not looked at.
void WsDecoder::finish_close(std::string_view payload, Sink& sink) {
    if (payload.empty()) {
        stopped_ = true;
        sink.on_close(close_code::none, {});
        return;
    }
    auto const code = static_cast<std::uint16_t>(big_endian({payload.data(), 2}));
    std::string_view const reason = payload.substr(2);
    if (!is_valid_close_code(code)) {
        fail(sink, close_code::protocol_error,
             fmt::format("Invalid WebSocket frame: invalid status code {}", code));
    } else if (!is_valid_utf8(reason)) {
        fail(sink, close_code::invalid_data, "Invalid WebSocket frame: invalid UTF-8 sequence");
    } else {
        stopped_ = true;
        sink.on_close(code, reason);
    }
}

}  // namespace engineio::net
