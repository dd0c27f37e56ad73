#include "tests/bench/client.hpp"

#include <cstring>

namespace bench {

namespace {

constexpr int text_frame = 0x1;
constexpr int binary_frame = 0x2;
constexpr int close_frame = 0x8;

}  // namespace

WebSocketClient::WebSocketClient(Loop& loop, Observer& observer, std::uint32_t number)
    : Stream(loop), observer_(observer), number_(number), key_(number * 2654435761U | 0x01010101U) {
}

void WebSocketClient::start(std::uint16_t port, std::string_view sid) {
    state_ = State::switching;
    upgrading_ = !sid.empty();
    open(port);
    output().append("GET /socket.io/?EIO=4&transport=websocket");
    if (upgrading_) {
        output().append("&sid=").append(sid);
    }
    output().append(" HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n");
}

void WebSocketClient::on_lost() {
    complain("client " + std::to_string(number_) + " lost its WebSocket");
}

std::size_t WebSocketClient::on_bytes(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && is_open()) {
        auto const rest = bytes.substr(used);
        auto const taken = state_ == State::switching ? take_head(rest) : take_frame(rest);
        if (taken == 0) {
            break;
        }
        used += taken;
    }
    return used;
}

std::size_t WebSocketClient::take_head(std::string_view bytes) {
    auto const end = bytes.find("\r\n\r\n");
    if (end == bytes.npos) {
        return 0;
    }
    if (!bytes.starts_with("HTTP/1.1 101 ")) {
        complain("no WebSocket: " + std::string(bytes.substr(0, bytes.find('\r'))));
        close();
    } else if (upgrading_) {
        state_ = State::probing;
        send_text("2probe");
    } else {
        state_ = State::opening;
    }
    return end + 4;
}

// RFC 6455, the form servers use: final, unmasked.
std::size_t WebSocketClient::take_frame(std::string_view bytes) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    if (bytes.size() < 2) {
        return 0;
    }
    std::size_t length = byte(1) & 0x7FU;
    std::size_t const width = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (bytes.size() < 2 + width) {
        return 0;
    }
    for (std::size_t i = 0; i < width; ++i) {
        length = (i == 0 ? 0 : length << 8) | byte(2 + i);
    }
    if (bytes.size() - 2 - width < length) {
        return 0;
    }
    if ((byte(0) & 0xF0U) != 0x80 || (byte(1) & 0x80U)) {
        complain("a frame with flags that nobody asked for");
    }
    on_frame(byte(0) & 0x0F, bytes.substr(2 + width, length));
    return 2 + width + length;
}

void WebSocketClient::on_frame(int opcode, std::string_view payload) {
    if (opcode == text_frame && !payload.empty()) {
        on_packet(payload);
    } else if (opcode == binary_frame && connected()) {
        observer_.on_message(*this, payload, true);
    } else if (opcode == close_frame) {
        complain("the server closed a WebSocket");
        close();
    } else {
        complain("an unexpected frame of type " + std::to_string(opcode));
    }
}

void WebSocketClient::on_packet(std::string_view packet) {
    if (connected() && packet[0] == '4') {
        observer_.on_message(*this, packet.substr(1), false);
    } else if (packet == "2") {
        send_text("3");
        observer_.on_ping();
    } else if (state_ == State::opening && packet[0] == '0') {
        state_ = State::connecting;
        send_text("40");
    } else if (state_ == State::probing && packet == "3probe") {
        send_text("5");
        state_ = State::connected;
        observer_.on_connected(*this);
    } else if (state_ == State::connecting && packet.starts_with("40{")) {
        state_ = State::connected;
        observer_.on_connected(*this);
    } else if (packet != "6") {
        complain("an unexpected packet: " + std::string(packet.substr(0, 40)));
    }
}

void WebSocketClient::append_frame(int opcode, std::string_view payload) {
    auto& out = output();
    auto const size = payload.size();
    out.push_back(static_cast<char>(0x80 | opcode));
    std::size_t const width = size < 126 ? 0 : size < 65536 ? 2 : 8;
    out.push_back(static_cast<char>(0x80 | (width == 0 ? size : width == 2 ? 126U : 127U)));
    for (std::size_t i = width; i-- > 0;) {
        out.push_back(static_cast<char>(size >> (8 * i)));
    }
    key_ = key_ * 1664525U + 1013904223U;
    char mask[8];
    std::memcpy(mask, &key_, 4);
    std::memcpy(mask + 4, &key_, 4);
    out.append(mask, 4);
    auto const begin = out.size();
    out.append(payload);
    std::size_t i = 0;
    std::uint64_t wide;
    std::memcpy(&wide, mask, 8);
    for (; i + 8 <= size; i += 8) {
        std::uint64_t word;
        std::memcpy(&word, out.data() + begin + i, 8);
        word ^= wide;
        std::memcpy(out.data() + begin + i, &word, 8);
    }
    for (; i < size; ++i) {
        out[begin + i] = static_cast<char>(out[begin + i] ^ mask[i & 3]);
    }
}

}  // namespace bench
