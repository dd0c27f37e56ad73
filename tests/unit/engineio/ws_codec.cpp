#include "engineio/net/ws_codec.hpp"

#include "engineio/limits.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace ws_codec_test {

using namespace engineio::net;

namespace {

/// Writes down every event as one line of text, so that two runs can be compared.
struct Recorder : WsDecoder::Sink {
    void on_message(MessageKind kind, std::string_view payload, bool compressed) override {
        char const* name = kind == MessageKind::text ? "text" : "binary";
        log.push_back(fmt::format("{}{} {}", name, compressed ? "*" : "", payload));
    }
    void on_ping(std::string_view payload) override {
        log.push_back(fmt::format("ping {}", payload));
    }
    void on_pong(std::string_view payload) override {
        log.push_back(fmt::format("pong {}", payload));
    }
    void on_close(std::uint16_t code, std::string_view reason) override {
        log.push_back(fmt::format("close {} {}", code, reason));
    }
    void on_error(std::uint16_t code, std::string_view text) override {
        log.push_back(fmt::format("error {} {}", code, text));
    }
    bool wants_more() override { return log.size() < stop_after; }
    bool wants_more_now() override { return !one_at_a_time; }

    std::vector<std::string> log;
    std::size_t stop_after = SIZE_MAX;
    bool one_at_a_time = false;
};

using Log = std::vector<std::string>;

constexpr std::size_t limit = 1000;

/// A masked frame; `first` is the whole first byte.
std::string frame(int first, std::string_view payload) {
    std::string out(1, static_cast<char>(first));
    if (payload.size() < 126) {
        out += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() <= 0xFFFF) {
        out += static_cast<char>(0x80 | 126);
        out += static_cast<char>(payload.size() >> 8);
        out += static_cast<char>(payload.size() & 0xFF);
    } else {
        out += static_cast<char>(0x80 | 127);
        for (int shift = 56; shift >= 0; shift -= 8) {
            out += static_cast<char>(payload.size() >> shift & 0xFF);
        }
    }
    std::string_view const key = "\x12\xF4\x56\x78";
    out += key;
    for (std::size_t i = 0; i < payload.size(); ++i) {
        out += static_cast<char>(payload[i] ^ key[i % 4]);
    }
    return out;
}

std::string raw(std::initializer_list<int> values) {
    std::string out;
    for (int value : values) {
        out += static_cast<char>(value);
    }
    return out;
}

Log decode(std::string input, std::size_t piece, bool deflate = false) {
    WsDecoder decoder(limit, deflate);
    Recorder sink;
    for (std::size_t at = 0; at < input.size(); at += piece) {
        decoder.feed({input.data() + at, std::min(piece, input.size() - at)}, sink);
    }
    return sink.log;
}

Log decode_cut(std::string input, std::size_t cut, bool deflate) {
    WsDecoder decoder(limit, deflate);
    Recorder sink;
    decoder.feed({input.data(), cut}, sink);
    decoder.feed({input.data() + cut, input.size() - cut}, sink);
    return sink.log;
}

Log decode_in_turns(std::string input, bool deflate) {
    WsDecoder decoder(limit, deflate);
    Recorder sink;
    sink.one_at_a_time = true;
    for (std::span<char> rest = input; !rest.empty();) {
        auto const before = sink.log.size();
        rest = decoder.feed(rest, sink);
        CHECK(sink.log.size() <= before + 1);
    }
    return sink.log;
}

/// Whole, event by event, byte by byte, and cut once at every position: always the same events.
void expect(std::string const& input, Log const& events, bool deflate = false) {
    CHECK(decode(input, input.size(), deflate) == events);
    CHECK(decode_in_turns(input, deflate) == events);
    CHECK(decode(input, 1, deflate) == events);
    for (std::size_t cut = 0; cut <= input.size(); ++cut) {
        if (decode_cut(input, cut, deflate) != events) {
            FAIL_CHECK("cut at " << cut);
        }
    }
}

void refuses(std::string const& input, int code, std::string const& what, bool deflate = false) {
    expect(input, {fmt::format("error {} Invalid WebSocket frame: {}", code, what)}, deflate);
}

constexpr int text = 0x81;
constexpr int binary = 0x82;

}  // namespace

TEST_CASE("an idle decoder is small") {
    CHECK(sizeof(WsDecoder) <= 64);
    WsDecoder decoder(limit);
    Recorder sink;
    std::string input = frame(text, "hello");
    decoder.feed({input.data(), 8}, sink);
    CHECK(decoder.buffered_bytes() > 0);
    decoder.feed({input.data() + 8, input.size() - 8}, sink);
    CHECK(decoder.buffered_bytes() == 0);
    CHECK(sink.log == Log{"text hello"});
}

TEST_CASE("RFC 6455 section 5.2: complete frames of every length form") {
    expect(frame(text, "hi") + frame(binary, "\x01\x02") + frame(text, ""),
           {"text hi", "binary \x01\x02", "text "});
    for (std::size_t size : {125, 126, 127, 1000}) {
        std::string const payload(size, 'x');
        expect(frame(text, payload), {"text " + payload});
    }
    std::string const big(70000, 'y');
    WsDecoder decoder(big.size());
    Recorder sink;
    std::string input = frame(binary, big);
    decoder.feed(input, sink);
    CHECK(sink.log == Log{"binary " + big});
    // The 64-bit form of a small length is accepted, as in ws.
    expect(raw({0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 'a'}), {"text a"});
}

TEST_CASE("RFC 6455 section 5.2: violations in the first two bytes") {
    refuses(raw({0xA1, 0x80}), 1002, "RSV2 and RSV3 must be clear");
    refuses(raw({0x91, 0x80}), 1002, "RSV2 and RSV3 must be clear");
    refuses(raw({0xC1, 0x80}), 1002, "RSV1 must be clear");
    refuses(raw({0xC9, 0x80}), 1002, "RSV1 must be clear");
    refuses(raw({0xC9, 0x80}), 1002, "RSV1 must be clear", true);
    refuses(raw({0xC0, 0x80}), 1002, "RSV1 must be clear", true);
    for (int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
        refuses(raw({0x80 | opcode, 0x80}), 1002, fmt::format("invalid opcode {}", opcode));
    }
    refuses(raw({0x81, 0x00}), 1002, "MASK must be set");
    refuses(raw({0x81, 0x05, 'h', 'e', 'l', 'l', 'o'}), 1002, "MASK must be set");
}

TEST_CASE("RFC 6455 section 5.4: fragmentation") {
    expect(frame(0x01, "he") + frame(0x00, "") + frame(0x80, "llo"), {"text hello"});
    expect(frame(0x02, "") + frame(0x80, ""), {"binary "});
    // Control frames may come in between.
    expect(frame(0x01, "a") + frame(0x89, "p") + frame(0x00, "b") + frame(0x8A, "q") +
               frame(0x80, "c") + frame(text, "next"),
           {"ping p", "pong q", "text abc", "text next"});
    refuses(frame(0x80, "x"), 1002, "invalid opcode 0");
    refuses(frame(0x01, "a") + frame(text, "b"), 1002, "invalid opcode 1");
    refuses(frame(0x01, "a") + frame(0x02, "b"), 1002, "invalid opcode 2");
    expect(frame(text, "a") + frame(0x00, "b"),
           {"text a", "error 1002 Invalid WebSocket frame: invalid opcode 0"});
}

TEST_CASE("RFC 6455 section 5.4: too many fragments") {
    std::string input = frame(0x01, "x");
    for (std::size_t i = 1; i < engineio::limits::max_ws_fragments; ++i) {
        input += frame(0x00, i % 2 ? "x" : "");  // empty ones count too
    }
    WsDecoder decoder(1'000'000);
    Recorder sink;
    std::string copy = input;
    decoder.feed(copy, sink);
    CHECK(sink.log.empty());
    std::string one_more = frame(0x80, "x");
    decoder.feed(one_more, sink);
    CHECK(sink.log == Log{"error 1008 Too many message fragments"});
}

TEST_CASE("RFC 6455 section 5.5: control frames") {
    std::string const longest(125, 'p');
    expect(frame(0x89, "") + frame(0x89, longest) + frame(0x8A, "x"),
           {"ping ", "ping " + longest, "pong x"});
    refuses(frame(0x89, std::string(126, 'p')), 1002, "invalid payload length 126");
    refuses(raw({0x89, 0xFF}), 1002, "invalid payload length 127");
    refuses(frame(0x09, "p"), 1002, "FIN must be set");
    refuses(frame(0x08, ""), 1002, "FIN must be set");
}

TEST_CASE("RFC 6455 sections 5.5.1 and 7.4: close frames") {
    expect(frame(0x88, ""), {"close 1005 "});
    expect(frame(0x88, "\x03\xE8"), {"close 1000 "});
    expect(frame(0x88, "\x0F\xA1why") + frame(text, "ignored"), {"close 4001 why"});
    refuses(frame(0x88, "\x03"), 1002, "invalid payload length 1");
    for (int code : {1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999}) {
        expect(frame(0x88, raw({code >> 8, code & 0xFF})), {fmt::format("close {} ", code)});
    }
    for (int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
        refuses(frame(0x88, raw({code >> 8, code & 0xFF})), 1002,
                fmt::format("invalid status code {}", code));
    }
    refuses(frame(0x88, "\x03\xE8\xFF"), 1007, "invalid UTF-8 sequence");
}

TEST_CASE("RFC 6455 section 8.1: text is UTF-8, also across fragments") {
    std::string const euro = "\xE2\x82\xAC";
    expect(frame(text, euro), {"text " + euro});
    expect(frame(0x01, "\xE2") + frame(0x00, "\x82") + frame(0x80, "\xAC"), {"text " + euro});
    refuses(frame(text, "\xE2\x82"), 1007, "invalid UTF-8 sequence");
    refuses(frame(0x01, "\xE2") + frame(0x80, "\x82"), 1007, "invalid UTF-8 sequence");
    refuses(frame(0x01, "\xE2") + frame(0x00, "x"), 1007, "invalid UTF-8 sequence");
    refuses(frame(text, "\xED\xA0\x80"), 1007, "invalid UTF-8 sequence");
    expect(frame(binary, "\xFF"), {"binary \xFF"});
}

TEST_CASE("size limit, judged by the header alone") {
    std::string const full(limit, 'x');
    Log const too_big{"error 1009 Max payload size exceeded"};
    expect(frame(text, full), {"text " + full});
    expect(frame(text, full + "x").substr(0, 8), too_big);
    expect(frame(0x01, full.substr(1)) + frame(0x80, "x"), {"text " + full});
    expect(frame(0x01, full) + frame(0x80, "x").substr(0, 6), too_big);
    // Announced, never allocated.
    expect(raw({0x82, 0xFF, 0, 0x1F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4}), too_big);
    expect(raw({0x82, 0xFF, 0, 0x20, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}),
           {"error 1009 Unsupported WebSocket frame: payload length > 2^53 - 1"});
    expect(raw({0x82, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4}),
           {"error 1009 Unsupported WebSocket frame: payload length > 2^53 - 1"});
}

TEST_CASE("RFC 7692 section 6: RSV1 on the first frame of a message") {
    expect(frame(0xC1, "\xFF") + frame(text, "plain"), {"text* \xFF", "text plain"}, true);
    expect(frame(0x41, "\xFF") + frame(0x80, "\xFE"), {"text* \xFF\xFE"}, true);
    refuses(frame(0x41, "a") + frame(0xC0, "b"), 1002, "RSV1 must be clear", true);
}

TEST_CASE("a sink that wants no more gets no more") {
    WsDecoder decoder(limit);
    Recorder sink;
    sink.stop_after = 1;
    std::string input = frame(text, "one") + frame(text, "two");
    decoder.feed(input, sink);
    input = frame(text, "three");
    decoder.feed(input, sink);
    CHECK(sink.log == Log{"text one"});
}

TEST_CASE("RFC 6455 section 5.2: encoders") {
    CHECK(encode_control(Opcode::ping, "hi") == raw({0x89, 2}) + "hi");
    CHECK(encode_control(Opcode::pong, std::string(200, 'x')).size() == 127);
    CHECK(encode_close(std::nullopt) == raw({0x88, 0}));
    CHECK(encode_close(1002, "why") == raw({0x88, 5, 3, 0xEA}) + "why");
    // 123 bytes of reason, cut before the character that does not fit.
    std::string const reason = std::string(122, 'x') + "\xC3\xA9";
    CHECK(encode_close(1000, reason) == raw({0x88, 124, 3, 0xE8}) + std::string(122, 'x'));
    char out[10];
    CHECK(encode_header(out, Opcode::text, 5, true) == 2);
    CHECK(static_cast<unsigned char>(out[0]) == 0xC1);
}

TEST_CASE("RFC 6455 section 5.3: masking is its own inverse at every offset and length") {
    std::uint32_t key;
    std::memcpy(&key, "\x01\x80\xFE\x37", 4);
    for (std::size_t size = 0; size < 40; ++size) {
        for (std::size_t cut = 0; cut <= size; ++cut) {
            std::string whole(size, 'm');
            std::string parts = whole;
            apply_mask(whole, key);
            apply_mask(std::span(parts).first(cut), key, 0);
            apply_mask(std::span(parts).subspan(cut), key, cut);
            REQUIRE(whole == parts);
            for (std::size_t i = 0; i < size; ++i) {
                REQUIRE(static_cast<char>(whole[i] ^ 'm') == "\x01\x80\xFE\x37"[i % 4]);
            }
        }
    }
}

TEST_CASE("mutated conversations: any split gives the same events, nothing breaks") {
    std::mt19937 random(1);
    auto const below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    std::string const seeds[] = {
        frame(text, "hello") + frame(0x89, "ping") + frame(binary, std::string(200, 'b')),
        frame(0x01, "\xE2\x82") + frame(0x8A, "") + frame(0x80, "\xAC") + frame(0x88, "\x03\xE8"),
        frame(0xC1, "zip") + frame(0x41, "zi") + frame(0x80, "p") + frame(text, ""),
    };
    for (int round = 0; round < 20000; ++round) {
        std::string input = seeds[below(3)] + seeds[below(3)];
        for (std::size_t changes = below(4); changes > 0; --changes) {
            input[below(input.size())] = static_cast<char>(random());
        }
        input.resize(below(input.size()) + 1);
        bool const deflate = random() % 2 == 0;
        Log const whole = decode(input, input.size(), deflate);
        REQUIRE(decode(input, 1, deflate) == whole);
        REQUIRE(decode(input, 1 + below(20), deflate) == whole);
    }
}

}  // namespace ws_codec_test
