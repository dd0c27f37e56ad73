// WebSocket frames of a client: in one piece or in any, the same messages come out, and no more is
// held than the limit of a message.

#include "engineio/limits.hpp"
#include "engineio/net/ws_codec.hpp"
#include "tests/fuzz/targets.hpp"

#include <string>

namespace fuzz {
namespace ws_target {

using namespace engineio::net;

constexpr std::size_t max_message_bytes = 1000;

struct Recorder final : WsDecoder::Sink {
    explicit Recorder(unsigned patience) : messages_left(patience) {}

    void on_message(MessageKind kind, std::string_view payload, bool compressed) override {
        FUZZ_CHECK(!over);
        FUZZ_CHECK(payload.size() <= max_message_bytes);
        FUZZ_CHECK(kind == MessageKind::binary || compressed || is_valid_utf8(payload));
        log += (kind == MessageKind::text ? "\ntext " : "\nbinary ") + std::to_string(compressed) +
               " " + std::string(payload);
        --messages_left;
    }
    void on_ping(std::string_view payload) override { control("\nping ", payload); }
    void on_pong(std::string_view payload) override { control("\npong ", payload); }
    void on_close(std::uint16_t code, std::string_view reason) override {
        FUZZ_CHECK(code == close_code::none || is_valid_close_code(code));
        FUZZ_CHECK(is_valid_utf8(reason));
        control("\nclose " + std::to_string(code) + " ", reason);
        over = true;
    }
    void on_error(std::uint16_t code, std::string_view text) override {
        FUZZ_CHECK(is_valid_close_code(code));
        FUZZ_CHECK(!over);
        log += "\nerror " + std::to_string(code) + " " + std::string(text);
        over = true;
    }
    bool wants_more() override { return messages_left > 0; }
    bool wants_more_now() override { return messages_left % 2 == 0; }

    void control(std::string const& what, std::string_view payload) {
        FUZZ_CHECK(!over);
        FUZZ_CHECK(payload.size() <= engineio::limits::max_control_payload_bytes);
        log += what + std::string(payload);
    }

    std::string log;
    bool over = false;
    unsigned messages_left;
};

std::string decoded(std::string_view stream, bool deflate, std::uint8_t cuts, unsigned patience) {
    WsDecoder decoder(max_message_bytes, deflate);
    Recorder recorder(patience);
    in_pieces(stream, cuts, [&](std::span<char> piece) {
        for (auto rest = piece; !rest.empty();) {
            rest = decoder.feed(rest, recorder);
        }
        auto const held = decoder.buffered_bytes();
        FUZZ_CHECK(held <= max_message_bytes + 14 + engineio::limits::max_control_payload_bytes);
        FUZZ_CHECK(held == 0 || !recorder.over);
    });
    return recorder.log;
}

// The stream as a client would send it: masking is undone by doing it again.
std::string masked_frame(Opcode opcode, std::string_view payload, std::uint32_t key) {
    char head[10];
    auto const size = encode_header(head, opcode, payload.size());
    head[1] = static_cast<char>(head[1] | 0x80);
    std::string frame(head, size);
    frame.append(reinterpret_cast<char const*>(&key), sizeof key);
    std::string body(payload);
    apply_mask(body, key);
    return frame + body;
}

void check_round_trip(std::string_view payload, std::uint32_t key) {
    payload = payload.substr(0, max_message_bytes);
    bool const valid = is_valid_utf8(payload);
    FUZZ_SAME(decoded(masked_frame(Opcode::text, payload, key), false, 0, 9),
              valid ? "\ntext 0 " + std::string(payload)
                    : std::string("\nerror 1007 Invalid WebSocket frame: invalid UTF-8 sequence"));
    FUZZ_SAME(decoded(masked_frame(Opcode::binary, payload, key), false, 2, 9),
              "\nbinary 0 " + std::string(payload));
}

// Our own close frames: cut to what fits, never inside a character.
void check_close(std::uint16_t code, std::string_view reason) {
    auto const frame = encode_close(code, reason);
    FUZZ_CHECK(frame.size() >= 4 && frame.size() <= 127);
    FUZZ_CHECK(std::string_view(frame).substr(4) == reason.substr(0, frame.size() - 4));
    FUZZ_CHECK(!is_valid_utf8(reason) || is_valid_utf8(std::string_view(frame).substr(4)));
}

}  // namespace ws_target

void ws_frames(Bytes bytes) {
    using namespace ws_target;
    Input input(bytes);
    auto const flags = input.byte();
    auto const cuts = input.byte();
    auto const stream = input.rest();
    bool const deflate = (flags & 1) != 0;
    unsigned const patience = (flags & 2) != 0 ? 1 + flags / 4 : 1'000'000;
    auto const whole = decoded(stream, deflate, 0, patience);
    FUZZ_SAME(decoded(stream, deflate, 1, patience), whole);
    FUZZ_SAME(decoded(stream, deflate, cuts, patience), whole);
    check_round_trip(stream, flags * 0x01010101U + cuts);
    check_close(static_cast<std::uint16_t>(1000 + flags), stream);
}

}  // namespace fuzz
