#include "apps/common/json_endpoint.hpp"

#include "apps/common/endpoint_shard.hpp"
#include "engineio/guard.hpp"
#include "engineio/net/result.hpp"

#include <algorithm>

namespace apps::common {

namespace net = engineio::net;
using net::Message;
using net::MessageKind;
using net::Shard;

namespace {

constexpr std::uint16_t going_away = 1001;
constexpr std::uint16_t unsupported_data = 1003;
constexpr std::uint16_t policy_violation = 1008;
constexpr std::uint16_t internal_error = 1011;
constexpr std::string_view shutting_down = "Server shutting down";

// Opens only to say why not.
class TurnedAway final : public net::WsHandler {
public:
    explicit TurnedAway(Refusal const& refusal) : refusal_(refusal) {}
    void on_open(net::WsConnection& connection) override {
        connection.close(refusal_.close_code, refusal_.reason);
    }
    void on_text(std::string_view) override {}
    void on_binary(std::string_view) override {}
    void on_drain() override {}
    void on_close(std::uint16_t, std::string_view) override {}

private:
    Refusal const& refusal_;
};

void refuse(net::Responder& responder, int status, std::string_view text) {
    net::Response response;
    response.status = status;
    net::set_header(response.headers, "Content-Type", "text/plain; charset=utf-8");
    response.body = text;
    response.close = true;
    responder.respond(std::move(response));
}

// Runs the application's code; if it throws, its peer is told that the server failed.
template <class F>
void guard(Peer& peer, std::string_view what, F&& call) {
    if (!engineio::guarded(peer.shard(), what, std::forward<F>(call))) {
        peer.close(internal_error, "Internal error");
    }
}

std::vector<Shard*> shards_of(net::HttpServer& runtime) {
    std::vector<Shard*> shards;
    for (unsigned i = 0; i < runtime.shard_count(); ++i) {
        shards.push_back(&runtime.shard(i));
    }
    return shards;
}

}  // namespace

void EndpointShard::add(Peer& peer) {
    peers.emplace(peer.id(), &peer);
    count.fetch_add(1, std::memory_order_relaxed);
}

void EndpointShard::remove(Peer& peer) {
    rooms.leave_all(peer);
    peers.erase(peer.id());
    count.fetch_sub(1, std::memory_order_relaxed);
}

std::size_t EndpointShard::close_some(std::size_t most, std::uint16_t code,
                                      std::string_view reason) {
    std::size_t told = 0;
    for (auto const& [id, peer] : peers) {  // whose ends are deferred
        if (peer->open()) {
            if (told == most) {
                return std::max<std::size_t>(peers.size() - most, 1);
            }
            ++told;
            peer->close_after_output(code, reason);
        }
    }
    return 0;
}

JsonEndpoint::JsonEndpoint(net::HttpServer& runtime, Envelope envelope, EndpointOptions options)
    : JsonEndpoint(shards_of(runtime), std::move(envelope), std::move(options)) {}

JsonEndpoint::JsonEndpoint(std::vector<Shard*> const& shards, Envelope envelope,
                           EndpointOptions options)
    : envelope_(std::move(envelope)), options_(std::move(options)),
      id_prefix_(net::base64url_encode(net::random_bytes(9)) + "-") {
    for (auto* const shard : shards) {
        shards_.push_back(std::make_unique<EndpointShard>(*shard));
    }
}

JsonEndpoint::~JsonEndpoint() = default;

void JsonEndpoint::allow_origin(std::function<bool(Request const&)> allow) {
    allow_origin_ = std::move(allow);
}

void JsonEndpoint::choose_subprotocol(
    std::function<std::string(std::vector<std::string> const&)> choose) {
    choose_subprotocol_ = std::move(choose);
}

void JsonEndpoint::add(std::string_view type, PeerHandler handler) {
    bool const added = handlers_.emplace(type, std::move(handler)).second;
    SIO_ASSERT(added);
}

void JsonEndpoint::on_connection(engineio::Callback<void(Peer&, Request const&)> hook) {
    on_connection_ = std::move(hook);
}

void JsonEndpoint::on_disconnect(engineio::Callback<void(Peer&, std::uint16_t)> hook) {
    on_disconnect_ = std::move(hook);
}

void JsonEndpoint::on_invalid(engineio::Callback<void(Peer&, Invalid const&)> hook) {
    on_invalid_ = std::move(hook);
}

void JsonEndpoint::on_flood(engineio::Callback<void(Peer&, std::uint32_t)> hook) {
    on_flood_ = std::move(hook);
}

void JsonEndpoint::on_drain(engineio::Callback<void(Peer&)> hook) {
    on_drain_ = std::move(hook);
}

// --- coming and going --------------------------------------------------------------------------

void JsonEndpoint::accept(Request request, net::Responder responder) {
    auto& shard = *Shard::current();
    if (local(shard).closed) {
        return refuse(responder, 503, "The server is shutting down\n");
    }
    if (!request.upgrade) {
        return refuse(responder, 426, "This path speaks WebSocket\n");
    }
    if (allow_origin_ && !allow_origin_(request)) {
        return refuse(responder, 403, "This origin may not connect\n");
    }
    auto const result = net::check_upgrade(net::upgrade_headers(request), options_.deflate);
    if (!result) {
        return refuse(responder, result.status, result.error);
    }
    net::WsOptions ws;
    engineio::use_limits(options_.limits, ws);
    ws.max_message_bytes = options_.max_message_bytes;
    ws.deflate = result.deflate;
    ws.deflate_threshold = options_.deflate.threshold;
    ws.deflate_level = options_.deflate.level;
    ws.ping_interval = options_.ping_interval;
    ws.key = request.header("sec-websocket-key");
    ws.remote_address = request.remote_address;
    if (choose_subprotocol_ && !result.protocols.empty()) {
        ws.subprotocol = choose_subprotocol_(result.protocols);
    }
    auto handler = admit(shard, std::move(request));
    if (!handler) {
        return refuse(responder, refusal_.http_status, refusal_.reason);
    }
    responder.accept_websocket(std::move(handler), ws, {});
}

std::unique_ptr<net::WsHandler> JsonEndpoint::admit(Shard& shard, Request request) {
    std::any data;
    if (verify_ && !verify_(request, data)) {
        return refusal_.http_status != 0 ? nullptr : std::make_unique<TurnedAway>(refusal_);
    }
    // The shard's number is in the id, which so tells where its peer lives.
    auto const id = local(shard).next_peer++ * shards_.size() + shard.index();
    auto* const peer = new Peer(*this, shard, id);
    std::unique_ptr<net::WsHandler> owner(peer);
    peer->data_ = std::move(data);
    peer->request_ = std::make_unique<Request>(std::move(request));
    if (options_.rate) {
        peer->bucket_.emplace(*options_.rate, shard.now());
    }
    return owner;
}

void JsonEndpoint::entered(Peer& peer) {
    local(peer.shard()).add(peer);
    auto const request = std::exchange(peer.request_, nullptr);
    if (on_connection_) {
        guard(peer, "on_connection", [&] { on_connection_(peer, *request); });
    }
}

void JsonEndpoint::left(Peer& peer, std::uint16_t code) {
    if (on_disconnect_) {
        guard(peer, "on_disconnect", [&] { on_disconnect_(peer, code); });
    }
    local(peer.shard()).remove(peer);
}

void JsonEndpoint::drained(Peer& peer) {
    if (on_drain_) {
        guard(peer, "on_drain", [&] { on_drain_(peer); });
    }
}

std::size_t JsonEndpoint::peers_count() const {
    std::size_t count = 0;
    for (auto const& shard : shards_) {
        count += shard->count.load(std::memory_order_relaxed);
    }
    return count;
}

void JsonEndpoint::close() {
    for (auto const& shard : shards_) {
        shard->closed = true;
    }
    all().close(going_away, shutting_down);
}

void JsonEndpoint::drain(net::DrainOptions const& options, std::function<void()> told) {
    draining_ = true;
    auto const one_less = net::when_all(shards_.size(), std::move(told));
    for (auto const& entry : shards_) {
        entry->shard.post([&part = *entry, options, one_less] {
            part.drainer = std::make_unique<net::Drainer>(
                part.shard, options, [&part] { part.closed = true; },
                [&part](std::size_t most) {
                    return part.close_some(most, going_away, shutting_down);
                },
                one_less);
        });
    }
}

// --- input -------------------------------------------------------------------------------------

void JsonEndpoint::received(Peer& peer, std::string_view text, bool binary) {
    if (!within_rate(peer) || (!binary && !text.empty() && text == options_.keep_alive)) {
        return;
    }
    Inbound message;
    auto fault = binary ? Fault::binary : envelope_.decode(text, message);
    if (!fault) {
        fault = dispatch(peer, message);
    }
    if (fault && peer.open()) {
        invalid(peer, {*fault, message});
    }
}

bool JsonEndpoint::within_rate(Peer& peer) {
    if (!peer.bucket_ || peer.bucket_->take(*options_.rate, peer.shard().now())) {
        peer.refused_ = 0;
        return true;
    }
    ++peer.refused_;
    if (on_flood_) {
        guard(peer, "on_flood", [&] { on_flood_(peer, peer.refused_); });
    } else {
        peer.close(policy_violation, "Rate limit exceeded");
    }
    return false;
}

std::optional<Fault> JsonEndpoint::dispatch(Peer& peer, Inbound& message) {
    auto const found = handlers_.find(message.type);
    if (found == handlers_.end()) {
        return Fault::unknown_type;
    }
    bool fits = true;
    guard(peer, found->first, [&] { fits = found->second(peer, message); });
    return fits ? std::nullopt : std::optional(Fault::invalid_payload);
}

void JsonEndpoint::invalid(Peer& peer, Invalid const& what) {
    ++peer.shard().metrics().invalid_events;
    if (on_invalid_) {
        guard(peer, "on_invalid", [&] { on_invalid_(peer, what); });
    } else if (what.fault == Fault::binary) {
        peer.close(unsupported_data, fault_text(what.fault));
    }
}

// --- output ------------------------------------------------------------------------------------

Audience JsonEndpoint::peer(std::uint64_t id) {
    auto audience = all();
    audience.only_ = id;
    return audience;
}

Audience Audience::to(socketio::RoomList rooms) const {
    auto copy = *this;
    auto& names = copy.selection_.rooms;
    names.insert(names.end(), rooms.names.begin(), rooms.names.end());
    return copy;
}

Audience Audience::except(socketio::RoomList rooms) const {
    auto copy = *this;
    auto& names = copy.selection_.except;
    names.insert(names.end(), rooms.names.begin(), rooms.names.end());
    return copy;
}

Audience Audience::except(Peer const& peer) const {
    auto copy = *this;
    copy.except_ = peer.id();
    return copy;
}

void Audience::join(std::string_view room) const {
    endpoint_->on_shards(*this, true,
                         [audience = *this, room = std::string(room)](EndpointShard& shard) {
                             std::vector<Peer*> peers;  // the rooms are being looked through
                             shard.for_each(audience, [&](Peer& peer) { peers.push_back(&peer); });
                             for (auto* const peer : peers) {
                                 peer->join(room);
                             }
                         });
}

void Audience::close(std::uint16_t code, std::string_view reason, bool ordered) const {
    endpoint_->on_shards(
        *this, ordered,
        [audience = *this, code, reason = std::string(reason)](EndpointShard& shard) {
            shard.for_each(audience, [&](Peer& peer) { peer.close(code, reason); });
        });
}

void JsonEndpoint::encode(std::string& out, std::string_view type, socketio::PayloadRef payload,
                          SendOptions const& options) {
    Outbound meta{options.message_id, options.id, options.priority,
                  options.timestamp.value_or(now_ms())};
    std::string fresh;
    if (envelope_.has_message_id() && meta.message_id.empty()) {
        fresh = next_message_id();
        meta.message_id = fresh;
    }
    envelope_.encode(out, type, payload, meta);
}

std::string JsonEndpoint::next_message_id() {
    return id_prefix_ + std::to_string(next_message_id_.fetch_add(1, std::memory_order_relaxed));
}

int JsonEndpoint::level_of(SendOptions const& options) const {
    return std::clamp(options.priority.value_or(envelope_.normal_priority()), 0,
                      Envelope::priority_levels - 1);
}

void JsonEndpoint::deliver(Audience const& audience, std::string_view text,
                           SendOptions const& options) {
    auto const level = level_of(options);
    bool const droppable = options.droppable;
    on_shards(audience, options.ordered,
              [audience, text = std::string(text), level, droppable](EndpointShard& shard) {
                  Message message;  // made for the first who hears it, shared by the others
                  shard.for_each(audience, [&](Peer& peer) {
                      if (!message) {
                          message = Message::make(MessageKind::text, text);
                      }
                      peer.push(message, level, droppable);
                  });
              });
}

// Those that are to keep the order of a lock wait with the others even on their own shard: who has
// the lock next may be on another, or on no shard at all.
void JsonEndpoint::on_shards(Audience const& audience, bool ordered,
                             std::function<void(EndpointShard&)> const& task) {
    auto const* const current = Shard::current();
    for (auto const& entry : shards_) {
        auto& part = *entry;
        bool const elsewhere =
            audience.only_ != 0 && audience.only_ % shards_.size() != part.shard.index();
        if (elsewhere || part.count.load(std::memory_order_relaxed) == 0) {
            continue;
        }
        if (current == &part.shard && !ordered) {
            task(part);
        } else {
            part.shard.post([task, &part] { task(part); });
        }
    }
}

}  // namespace apps::common
