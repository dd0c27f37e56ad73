#include "engineio/polling_transport.hpp"

#include "engineio/guard.hpp"
#include "engineio/limits.hpp"
#include "engineio/net/compress.hpp"
#include "engineio/net/shard.hpp"
#include "engineio/net/text.hpp"
#include "engineio/packet.hpp"
#include "engineio/payload.hpp"
#include "engineio/revision3.hpp"
#include "engineio/session.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace engineio {

namespace {

constexpr std::string_view octet_stream = "application/octet-stream";

void refuse(net::Responder& responder, net::Headers headers, int status) {
    net::Response response;
    response.status = status;
    response.headers = std::move(headers);
    responder.respond(std::move(response));
}

// Old Internet Explorers turned answers into error pages when they looked like script injection.
bool needs_xss_header(std::string_view user_agent) {
    return user_agent.find(";MSIE") != std::string_view::npos ||
           user_agent.find("Trident/") != std::string_view::npos;
}

}  // namespace

PollingTransport::PollingTransport(net::Shard& shard, Options const& options, Format format)
    : shard_(shard), options_(options), format_(std::move(format)),
      last_answer_(&PollingTransport::answer_written, this),
      close_timer_(&PollingTransport::close_timed_out, this),
      rates_(net::PeerRates::make(options.limits.packet_rate, options.limits.byte_rate,
                                  shard.now())) {}

PollingTransport::~PollingTransport() = default;

// A POST that was received.
struct PollingTransport::Incoming {
    Incoming(Exchange exchange, std::string body)
        : exchange(std::move(exchange)), body(std::move(body)),
          binary(this->exchange.request.header("content-type") == octet_stream) {}

    Exchange exchange;
    std::string body;
    bool binary;
    PayloadPosition position = {};
    std::size_t packets = 0;
    net::OneShot turn = {};  // the next
};

void PollingTransport::on_request(Exchange exchange) {
    if (!session_) {
        refuse(exchange.responder, std::move(exchange.headers), 400);
    } else if (exchange.request.method == "GET") {
        on_poll(std::move(exchange));
    } else if (exchange.request.method == "POST") {
        on_post(std::move(exchange));
    } else {
        refuse(exchange.responder, std::move(exchange.headers), 500);
    }
}

// --- GET --------------------------------------------------------------------------------------

void PollingTransport::on_poll(Exchange exchange) {
    if (poll_) {
        refuse(exchange.responder, std::move(exchange.headers), 400);
        fail("overlap from client");
        return;
    }
    poll_ = std::make_unique<Exchange>(std::move(exchange));
    poll_->responder.on_abort([this] {
        poll_.reset();
        fail("poll connection closed prematurely");
    });
    if (close_waits_) {
        std::array<Outgoing, 2> const last = {
            {{make_packet(PacketType::noop)}, {make_packet(PacketType::close)}}};
        answer_poll(last);
        deliver_close();
    } else {
        session_->on_transport_ready(*this);
    }
    if (poll_) {
        park();
    }
}

// A head of a few kilobytes may have thousands of fields, whose objects weigh ten times as much.
void PollingTransport::park() {
    auto& request = poll_->request;
    if (request.headers.size() > limits::max_parked_fields) {
        poll_->packed = std::make_unique<net::StoredRequest const>(request);
        request = {};
    }
}

void PollingTransport::send(std::span<Outgoing const> packets) {
    shard_.metrics().messages_out += packets.size();
    answer_poll(packets);
}

void PollingTransport::answer_poll(std::span<Outgoing const> packets) {
    Exchange exchange = std::move(*poll_);
    poll_.reset();
    if (exchange.packed) {
        exchange.request = exchange.packed->unpack();
    }
    net::Response response;
    std::string_view type = "text/plain; charset=UTF-8";
    if (format_.protocol == 3) {
        auto payload =
            revision3::encode_payload(packets, format_.base64_only || format_.jsonp.has_value());
        type = payload.binary ? octet_stream : type;
        response.body = std::move(payload.body);
    } else {
        response.body = encode_payload(packets);
    }
    if (format_.jsonp) {
        response.body = encode_jsonp(*format_.jsonp, response.body);
    }
    response.headers.push_back({"Content-Type", std::string(type)});
    if (std::any_of(packets.begin(), packets.end(), [](auto& packet) { return packet.compress; })) {
        compress(exchange, response);
    }
    answer(std::move(exchange), std::move(response), &last_answer_);
}

// Only a client that polls ahead of its answers has a GET parked by now.
void PollingTransport::answer_written(void* self) {
    auto& transport = *static_cast<PollingTransport*>(self);
    if (transport.poll_ && transport.session_) {
        transport.session_->on_transport_ready(transport);
    }
}

void PollingTransport::compress(Exchange const& exchange, net::Response& response) {
    auto const& wanted = options_.http_compression;
    auto const size = response.body.size();
    if (!wanted || size < wanted->threshold || size > limits::max_http_compression_bytes) {
        return;
    }
    auto const encoding = net::negotiate_encoding(exchange.request.header("accept-encoding"));
    if (encoding == net::ContentEncoding::identity) {
        return;
    }
    auto& compression = shard_.compression();
    if (auto compressed = compression.compress(encoding, response.body, wanted->level)) {
        response.body = std::move(*compressed);
        response.headers.push_back({"Content-Encoding", std::string(net::encoding_name(encoding))});
    }
}

// Headers common to GET and POST answers; the application may change them all.
void PollingTransport::answer(Exchange exchange, net::Response response, net::AnswerWatch* watch) {
    auto& headers = response.headers;
    headers.insert(headers.end(), std::make_move_iterator(exchange.headers.begin()),
                   std::make_move_iterator(exchange.headers.end()));
    if (needs_xss_header(exchange.request.header("user-agent"))) {
        headers.push_back({"X-XSS-Protection", "0"});
    }
    headers.push_back({"cache-control", "no-store"});
    if (exchange.first && options_.initial_headers) {
        guarded(shard_, "initial_headers",
                [&] { options_.initial_headers(headers, exchange.request); });
    }
    if (options_.headers) {
        guarded(shard_, "headers", [&] { options_.headers(headers, exchange.request); });
    }
    exchange.responder.respond(std::move(response), watch);
}

// --- POST -------------------------------------------------------------------------------------

void PollingTransport::on_post(Exchange exchange) {
    bool const overlap = post_ || incoming_;
    // Exactly this value; with parameters it is taken for text.
    bool const binary = exchange.request.header("content-type") == octet_stream;
    if (overlap || (binary && format_.protocol != 3)) {
        refuse(exchange.responder, std::move(exchange.headers), 400);
        fail(overlap ? "data request overlap from client" : "invalid content");
        return;
    }
    post_ = std::make_unique<Exchange>(std::move(exchange));
    post_->responder.on_abort([this] {
        post_.reset();
        fail("data request connection closed prematurely");
    });
    post_waits_ = paused_;
    if (!paused_) {
        receive_post();
    }
}

void PollingTransport::pause_reading(bool pause) {
    paused_ = pause;
    if (incoming_) {
        incoming_->turn = {};
        decode_later();
    } else if (!pause && std::exchange(post_waits_, false) && post_) {
        receive_post();
    }
}

void PollingTransport::receive_post() {
    post_->responder.read_body(options_.max_http_buffer_size,
                               [this](net::BodyResult result, std::string body) {
                                   on_post_body(result, std::move(body));
                               });
}

void PollingTransport::on_post_body(net::BodyResult result, std::string body) {
    Exchange exchange = std::move(*post_);
    post_.reset();  // received: close() must not cut it any more
    if (result == net::BodyResult::too_large) {
        // It was read, or will be, as far as that.
        bool const counts =
            !rates_ || rates_->takes_bytes(shard_.now(), options_.max_http_buffer_size);
        refuse_post(std::move(exchange), counts ? too_large : too_many_bytes);
        return;
    }
    incoming_ = std::make_unique<Incoming>(std::move(exchange), std::move(body));
    // That the peer goes away does not unsay what it has said.
    incoming_->exchange.responder.on_abort([] {});
    if (auto const refusal = prepare(*incoming_); refusal.status != 0) {
        refuse_post(std::move(std::exchange(incoming_, nullptr)->exchange), refusal);
    } else {
        decode();
    }
}

void PollingTransport::refuse_post(Exchange exchange, Refusal const& refusal) {
    shard_.limit_hit(refusal.limit, exchange.request.remote_address);
    refuse(exchange.responder, std::move(exchange.headers), refusal.status);
    if (!refusal.description.empty()) {
        fail(refusal.description);
    }
}

// The text of the payload, if it counts.
PollingTransport::Refusal PollingTransport::prepare(Incoming& post) const {
    if (rates_ && !rates_->takes_bytes(shard_.now(), post.body.size())) {
        return too_many_bytes;
    }
    if (format_.jsonp) {
        auto const data = net::last_parameter(post.body, "d");
        post.position.ended = !data;
        post.body = unescape_jsonp(data.value_or(""));
        // Nothing to read, and "ok" as in Node; but it was work.
        return data || takes_packet() ? Refusal{} : too_many_packets;
    }
    if (!post.binary && !net::is_valid_utf8(post.body)) {
        post.body = net::replace_invalid_utf8(post.body);
    }
    return {};
}

bool PollingTransport::takes_packet() const {
    return !rates_ || rates_->takes_packet(shard_.now());
}

// What one turn takes of the POST, and the answer behind the last packet.
void PollingTransport::decode() {
    auto post = std::exchange(incoming_, nullptr);
    Session* const session = session_;  // outlives this call: sessions end in a later phase
    if (session) {
        session->set_carrier(&post->exchange.request);
    }
    auto const refusal = decode_some(*post);
    if (session) {
        session->set_carrier(nullptr);
    }
    if (refusal.status != 0) {
        refuse_post(std::move(post->exchange), refusal);
    } else if (post->position.ended || !session_) {
        accept_post(std::move(post->exchange));
    } else {
        incoming_ = std::move(post);
        decode_later();
    }
}

PollingTransport::Refusal PollingTransport::decode_some(Incoming& post) {
    Refusal refusal{};
    std::size_t left = limits::max_packets_per_turn;
    auto take = [&](Packet const& packet) {
        if (++post.packets > options_.limits.max_payload_packets) {
            refusal = {413, "max_payload_packets", "too many packets in a payload"};
        } else if (!takes_packet()) {
            refusal = too_many_packets;
        }
        return refusal.status == 0 && on_packet(packet) && --left > 0;
    };
    PacketSink const sink = std::ref(take);  // three references would be allocated
    bool valid = true;
    if (post.position.ended) {
        // JSONP without data
    } else if (format_.protocol != 3) {
        valid = decode_payload(post.body, post.position, sink);
    } else if (post.binary) {
        valid = revision3::decode_binary_payload(post.body, post.position, sink);
    } else {
        valid = revision3::decode_text_payload(post.body, post.position, sink);
    }
    if (!valid && session_) {
        session_->on_parse_error(*this);
    }
    return refusal;
}

// Others have their turn first, and a pause lasts until its end. What is left may be thousands of
// broadcasts: shards that are behind with such have theirs first, too.
void PollingTransport::decode_later() {
    if (!paused_) {
        auto const wait =
            shard_.others_behind() ? limits::posted_look_interval : std::chrono::milliseconds(0);
        incoming_->turn = shard_.timers().after(
            wait, [this] { shard_.others_behind() ? decode_later() : decode(); });
    }
}

void PollingTransport::accept_post(Exchange exchange) {
    net::Response response;
    // text/html, because some browsers offered text/plain for download.
    response.headers.push_back({"Content-Type", "text/html"});
    response.body = "ok";
    answer(std::move(exchange), std::move(response));
}

bool PollingTransport::on_packet(Packet const& packet) {
    if (!session_) {
        return false;
    }
    if (packet.type == PacketType::close) {
        if (poll_) {
            Outgoing const noop{make_packet(PacketType::noop), true};
            answer_poll({&noop, 1});
        }
        std::exchange(session_, nullptr)->on_transport_closed(*this);
        return false;
    }
    ++shard_.metrics().messages_in;
    session_->on_packet(*this, packet);
    // A packet may have closed the session, or upgraded it from under this POST.
    return session_ != nullptr;
}

// --- the end ----------------------------------------------------------------------------------

void PollingTransport::fail(std::string_view description) {
    if (session_) {
        session_->on_transport_error(*this, description);
    }
}

bool PollingTransport::close(bool discard) {
    if (post_) {
        post_->responder.drop();
        post_.reset();
    }
    if (incoming_) {
        accept_post(std::move(std::exchange(incoming_, nullptr)->exchange));
    }
    if (poll_) {
        Outgoing const packet{make_packet(PacketType::close), true};
        answer_poll({&packet, 1});
    } else if (!discard && session_) {
        close_waits_ = true;
        shard_.timers().arm_after(close_timer_, limits::polling_close_timeout);
        return false;
    }
    session_ = nullptr;
    close_waits_ = false;
    close_timer_.cancel();
    return true;
}

void PollingTransport::deliver_close() {
    close_timer_.cancel();
    if (auto* session = std::exchange(session_, nullptr)) {
        session->on_close_delivered(*this);
    }
}

void PollingTransport::close_timed_out(void* self) {
    static_cast<PollingTransport*>(self)->deliver_close();
}

}  // namespace engineio
