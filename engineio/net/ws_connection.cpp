#include "engineio/net/ws_connection.hpp"

#include "engineio/limits.hpp"
#include "engineio/net/websocket.hpp"

#include <algorithm>
#include <utility>

namespace engineio::net {

namespace {

// Windows of 8 to 15 bits, levels of -1 to 9.
std::uint8_t terms_key(int window_bits, int level) {
    return static_cast<std::uint8_t>((window_bits - 8) * 11 + level + 1);
}

}  // namespace

WebSocket::WebSocket(Connection& connection, std::unique_ptr<WsHandler> handler,
                     WsOptions const& options)
    : connection_(connection), handler_(std::move(handler)),
      decoder_(options.max_message_bytes, options.deflate.has_value(), options.max_fragments),
      rates_(PeerRates::make(options.packet_rate, options.byte_rate, connection.shard().now())) {
    connection.set_max_buffered(options.max_buffered_bytes);
    if (!options.remote_address.empty()) {
        connection.set_remote_address(options.remote_address);
    }
    ++connection.shard().metrics().websockets;
    if (auto const& terms = options.deflate) {
        bool const shared = terms->server_no_context_takeover;
        // As ws: with context takeover every message is compressed, for the window's sake.
        auto const threshold = shared ? options.deflate_threshold : 0;
        compression_ = std::make_unique<Compression>(Compression{
            Deflater(!shared, terms->server_max_window_bits, options.deflate_level),
            Inflater(!terms->client_no_context_takeover, options.max_message_bytes,
                     terms->client_max_window_bits),
            threshold, shared, terms_key(terms->server_max_window_bits, options.deflate_level)});
    }
    if (options.ping_interval.count() > 0) {
        heartbeat_ = std::make_unique<Heartbeat>(*this, options.ping_interval);
        connection.shard().timers().arm_after(heartbeat_->timer, options.ping_interval);
    }
}

WebSocket::~WebSocket() {
    --connection_.shard().metrics().websockets;
}

void WebSocket::open() {
    handler_->on_open(*this);
}

void WebSocket::send(Message message) {
    if (state_ != State::open) {
        return;
    }
    ++connection_.shard().metrics().messages_out;
    if (!compression_ || message.size() < compression_->threshold) {
        connection_.send(std::move(message));
        return;
    }
    connection_.send(deflated(message));
}

Message WebSocket::deflated(Message const& message) {
    auto& terms = *compression_;
    if (terms.shared) {
        if (auto ready = message.variant(terms.terms)) {
            return ready;
        }
    }
    auto& shard = connection_.shard();
    // A plain message is always legal, and enters the window on neither side.
    if (!shard.compression().spend(std::max(message.size(), limits::min_compression_cost_bytes))) {
        return message;
    }
    ++shard.metrics().messages_deflated;
    auto made = Message::make_deflated(message.kind(), terms.deflater.compress(message.payload()));
    if (terms.shared) {
        message.add_variant(terms.terms, made);
    }
    return made;
}

void WebSocket::close(std::optional<std::uint16_t> code, std::string_view reason) {
    if (state_ != State::open) {
        return;
    }
    state_ = State::closing;
    connection_.send(encode_close(code, reason));
    auto& shard = connection_.shard();
    shard.let_go(connection_);  // for the close handshake
    close_timer_ = shard.timers().after(limits::close_timeout, [this] {
        state_ = State::closed;
        connection_.shut();
    });
    // Runs before anything retired later, so `this` is alive.
    shard.defer([this, code] { tell_closed(code.value_or(close_code::none), {}); });
}

// While reading is paused nothing can be heard, so nobody is given up.
void WebSocket::beat() {
    if (state_ != State::open) {
        return;
    }
    auto& life = *heartbeat_;
    if (!life.heard && life.missed && !connection_.reading_paused()) {
        state_ = State::closed;
        tell_closed(close_code::abnormal, "ping timeout");
        connection_.shut();
        return;
    }
    life.missed = !life.heard;
    life.heard = false;
    connection_.send(encode_control(Opcode::ping, {}));
    connection_.shard().timers().arm_after(life.timer, life.interval);
}

void WebSocket::on_bytes(std::span<char> bytes) {
    if (heartbeat_) {
        heartbeat_->heard = true;
    }
    if (rates_ && state_ == State::open &&
        !rates_->takes_bytes(connection_.shard().now(), bytes.size())) {
        refuse_rate("byte_rate");
    }
    decode(bytes);
}

void WebSocket::on_held_input() {
    auto const bytes = std::move(kept_);
    decode(*bytes);
}

// What is decoded waits, as packets and their trees, for the dispatch phase, so no turn takes or
// inflates any number of messages.
void WebSocket::decode(std::span<char> bytes) {
    if (state_ == State::closed) {
        return;
    }
    packets_ = 0;
    if (compression_) {
        compression_->inflated = 0;
    }
    auto const rest = decoder_.feed(bytes, *this);
    if (!rest.empty()) {
        kept_ = std::make_unique<std::string>(rest.begin(), rest.end());
        connection_.hold_input();
    }
}

bool WebSocket::wants_more_now() {
    return packets_ < limits::max_packets_per_turn &&
           (!compression_ || compression_->inflated < limits::max_inflated_bytes_per_turn);
}

void WebSocket::on_drain() {
    if (state_ == State::open) {
        handler_->on_drain();
    }
}

void WebSocket::on_end(std::string_view error) {
    state_ = State::closed;
    close_timer_.cancel();
    tell_closed(close_code::abnormal, error);
    connection_.close();
}

// Frames that a peer makes up at no cost count as well: each ping is answered.
bool WebSocket::counts_packet() {
    ++packets_;
    if (!rates_ || rates_->takes_packet(connection_.shard().now())) {
        return true;
    }
    refuse_rate("packet_rate");
    return false;
}

void WebSocket::refuse_rate(std::string_view limit) {
    connection_.shard().limit_hit(limit, connection_.remote_address());
    on_error(close_code::policy, std::string(limit) + " exceeded");
}

// --- decoded -----------------------------------------------------------------------------------

void WebSocket::on_message(MessageKind kind, std::string_view payload, bool compressed) {
    if (state_ != State::open) {
        return;  // what crossed our close frame on the wire
    }
    if (!counts_packet()) {
        return;
    }
    std::string inflated;
    if (compressed) {
        if (!inflate(kind, payload, inflated)) {
            return;
        }
        payload = inflated;
    }
    ++connection_.shard().metrics().messages_in;
    kind == MessageKind::text ? handler_->on_text(payload) : handler_->on_binary(payload);
}

bool WebSocket::inflate(MessageKind kind, std::string_view payload, std::string& out) {
    switch (compression_->inflater.decompress(payload, out)) {
    case InflateError::invalid:
        on_error(close_code::invalid_data, "invalid compressed data");
        return false;
    case InflateError::too_big:
        on_error(close_code::too_big, "Max payload size exceeded");
        return false;
    case InflateError::none:
        break;
    }
    compression_->inflated += out.size();
    auto& shard = connection_.shard();
    shard.metrics().bytes_inflated += out.size();
    // Together with its frame as much as if it had been sent as it is.
    auto const saved = out.size() - std::min(out.size(), payload.size());
    if (rates_ && !rates_->takes_bytes(shard.now(), saved)) {
        refuse_rate("byte_rate");
        return false;
    }
    if (kind == MessageKind::text && !is_valid_utf8(out)) {
        on_error(close_code::invalid_data, "Invalid WebSocket frame: invalid UTF-8 sequence");
        return false;
    }
    return true;
}

void WebSocket::on_ping(std::string_view payload) {
    if (state_ == State::open && counts_packet()) {
        connection_.send(encode_control(Opcode::pong, payload));
    }
}

void WebSocket::on_pong(std::string_view) {
    if (state_ == State::open) {
        counts_packet();
    }
}

void WebSocket::on_close(std::uint16_t code, std::string_view reason) {
    if (state_ == State::open) {
        // The echo has the reason too, as with ws.
        connection_.send(code == close_code::none ? encode_close({}) : encode_close(code, reason));
    }
    state_ = State::closed;
    close_timer_.cancel();
    connection_.close();
    tell_closed(code, {});
}

void WebSocket::on_error(std::uint16_t code, std::string_view text) {
    auto& shard = connection_.shard();
    ++shard.metrics().protocol_errors;
    if (code == close_code::too_big) {
        shard.limit_hit("max_http_buffer_size", connection_.remote_address());
    } else if (text == too_many_fragments) {
        shard.limit_hit("max_fragments", connection_.remote_address());
    }
    if (state_ == State::open) {
        connection_.send(encode_close(code));
    }
    state_ = State::closed;
    close_timer_.cancel();
    connection_.close();
    tell_closed(code, text);
}

void WebSocket::tell_closed(std::uint16_t code, std::string_view error) {
    if (auto handler = std::move(handler_)) {
        handler->on_close(code, error);
        // It may be on the stack below us, for example in its on_text().
        connection_.shard().retire(std::move(handler));
    }
}

}  // namespace engineio::net
