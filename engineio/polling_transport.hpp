#pragma once

#include "engineio/config.hpp"
#include "engineio/net/http.hpp"
#include "engineio/net/peer_rates.hpp"
#include "engineio/net/stored_request.hpp"
#include "engineio/net/timer_wheel.hpp"
#include "engineio/transport.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace engineio::net {
class Shard;
}

namespace engineio {

struct Packet;

// HTTP long-polling (reference-behaviour 1.6): at most one parked GET, which carries packets out,
// and at most one POST being received, which brings them in. Owned by its session; all answers to
// the session's requests come from here.
class PollingTransport final : public Transport {
public:
    // Fixed by the session's first request.
    struct Format {
        int protocol = 4;
        bool base64_only = false;          // revision 3 only; revision 4 polls base64 always
        std::optional<std::string> jsonp;  // index of the callback
    };

    // One request with its answer to be.
    struct Exchange {
        net::Request request;
        net::Responder responder;
        net::Headers headers;  // to be on the answer: CORS, cookie
        bool first = false;    // the session's first
        // Instead of `request` while it is parked, if it has many fields.
        std::unique_ptr<net::StoredRequest const> packed = {};
    };

    PollingTransport(net::Shard& shard, Options const& options, Format format);
    ~PollingTransport() override;

    // Says whose transport this is; it outlives the transport or calls close() first.
    void bind(Session& session) { session_ = &session; }

    void on_request(Exchange exchange);

    TransportName name() const override { return TransportName::polling; }
    // A client that polls again before it has the last answer gets no other meanwhile.
    bool accepts() const override { return poll_ && unwritten() == 0; }
    bool writable() const override { return accepts(); }
    void send(std::span<Outgoing const> packets) override;
    bool close(bool discard) override;
    std::size_t buffered_bytes() const override { return unwritten(); }
    void flush() override { last_answer_.flush(); }
    void drop_output() override { last_answer_.drop(); }
    void tell_drained(bool) override {}
    void pause_reading(bool pause) override;
    bool reading_paused() const override { return paused_ || incoming_; }

private:
    std::size_t unwritten() const { return last_answer_.unwritten(); }
    void on_poll(Exchange exchange);
    void park();
    void on_post(Exchange exchange);
    void receive_post();
    void on_post_body(net::BodyResult result, std::string body);
    // Why a POST does not count: status, the limit it met, and what the session ends with.
    struct Refusal {
        int status;  // 0: it counts
        std::string_view limit;
        std::string_view description;  // empty: the session stays
    };
    static constexpr Refusal too_large{413, "max_http_buffer_size", {}};
    static constexpr Refusal too_many_bytes{429, "byte_rate", "byte_rate exceeded"};
    static constexpr Refusal too_many_packets{429, "packet_rate", "packet_rate exceeded"};
    void refuse_post(Exchange exchange, Refusal const& refusal);
    struct Incoming;
    Refusal prepare(Incoming& post) const;
    bool takes_packet() const;
    void decode();
    Refusal decode_some(Incoming& post);
    void decode_later();
    void accept_post(Exchange exchange);
    bool on_packet(Packet const& packet);
    void fail(std::string_view description);
    void answer_poll(std::span<Outgoing const> packets);
    void answer(Exchange exchange, net::Response response, net::AnswerWatch* watch = nullptr);
    void compress(Exchange const& exchange, net::Response& response);
    void deliver_close();
    static void answer_written(void* self);
    static void close_timed_out(void* self);

    net::Shard& shard_;
    Options const& options_;
    Format format_;
    Session* session_ = nullptr;          // nullptr once this transport is over
    std::unique_ptr<Exchange> poll_;      // the parked GET
    std::unique_ptr<Exchange> post_;      // while its body is being received
    std::unique_ptr<Incoming> incoming_;  // received, while packets of it wait for their turn
    net::AnswerWatch last_answer_;        // to a GET
    bool paused_ = false;       // a POST that comes now is left unread, one that came waits
    bool post_waits_ = false;   // for the end of the pause
    bool close_waits_ = false;  // for a GET to deliver the close packet
    net::Timer close_timer_;
    std::unique_ptr<net::PeerRates> rates_;  // null: not limited
};

}  // namespace engineio
