#include "socketio/namespace.hpp"

#include "engineio/net/result.hpp"
#include "socketio/client.hpp"
#include "socketio/core.hpp"
#include "socketio/guard.hpp"
#include "socketio/namespace_shard.hpp"

#include <utility>

namespace socketio {

Namespace::Namespace(Core& core, std::string name, std::shared_ptr<HandlerTable> table)
    : HandlerRegistry(std::move(table)), core_(core), name_(std::move(name)) {
    for (unsigned i = 0; i < core.shard_count(); ++i) {
        shards_.push_back(std::make_unique<NamespaceShard>());
    }
    if (auto const& options = core.options().connection_state_recovery) {
        recovery_ = std::make_unique<Recovery>(options->max_disconnection_duration);
    }
}

Namespace::~Namespace() = default;

NamespaceShard& Namespace::here() {
    auto* const shard = engineio::net::Shard::current();
    SIO_ASSERT(shard != nullptr);
    return *shards_[shard->index()];
}

std::size_t Namespace::room_count() {
    return here().rooms.room_count();
}

void Namespace::connect(SocketPtr socket) {
    run_middlewares(std::move(socket), 0);
}

void Namespace::run_middlewares(SocketPtr socket, std::size_t index) {
    if (index == table_->middlewares.size()) {
        return conclude(socket, std::nullopt);
    }
    // The flag is shared: `next` is copied, and one call of all copies counts.
    Next const next = [this, socket, index,
                       called = std::make_shared<bool>(false)](std::optional<ConnectError> error) {
        if (std::exchange(*called, true)) {
            return;
        }
        if (error) {
            return conclude(socket, std::move(error));
        }
        run_middlewares(socket, index + 1);
    };
    bool failed = true;
    guarded(socket->shard_, "middleware", [&] {
        table_->middlewares[index](socket, next);
        failed = false;
    });
    if (failed) {
        next(detail::middleware_failure());
    }
}

// Always a phase later, so that the answer never overtakes what the same turn still decodes.
void Namespace::conclude(SocketPtr const& socket, std::optional<ConnectError> refusal) {
    socket->shard_.defer([this, socket, refusal = std::move(refusal)] {
        if (!socket->client_ || !socket->client_->is_open()) {
            socket->client_ = nullptr;
            return;  // left meanwhile: nobody to tell
        }
        if (refusal) {
            return socket->client_->refused(*socket, *refusal);
        }
        admit(*socket);
    });
}

void Namespace::admit(Socket& socket) {
    SocketPtr const keep(&socket);
    here().add(socket);
    ++socket.shard_.metrics().sockets;
    socket.connected_ = true;
    socket.client_->connected(keep);
    auto const payload = [&](Writer& writer) {
        writer.begin_object(2);
        writer.key("sid");
        writer.string(socket.id_);
        writer.key("pid");
        socket.pid_.empty() ? writer.undefined() : writer.string(socket.pid_);
        writer.end_object();
    };
    bool const old = socket.protocol() == 3;
    socket.client_->send_packet(PacketType::connect, *this,
                                old ? PayloadRef(nullptr) : PayloadRef(payload));
    for (auto const& handler : table_->connection) {
        guarded(socket.shard_, "connection", [&] { handler(socket); });
    }
}

void Namespace::remove(Socket& socket) {
    auto& local = here();
    local.rooms.leave_all(socket);
    local.remove(socket);
    --socket.shard_.metrics().sockets;
}

void Namespace::run_disconnect(Socket& socket,
                               std::vector<HandlerTable::DisconnectHandler> const& handlers,
                               DisconnectReason reason, std::string_view description) const {
    for (auto const& handler : handlers) {
        guarded(socket.shard_, "disconnect", [&] { handler(socket, reason, description); });
    }
}

EncodedPacket Namespace::encode(EventRef const& event, std::optional<std::uint64_t> id,
                                std::string_view offset) const {
    auto const payload = [&](Writer& writer) {
        writer.begin_array(1 + event.count + (offset.empty() ? 0 : 1));
        writer.string(event.name);
        event.args(writer);
        if (!offset.empty()) {
            writer.string(offset);
        }
        writer.end_array();
    };
    return core_.parser().encode(PacketType::event, name_, id, payload);
}

Recovery::Logged Namespace::log_event(Selection selection, EventRef const& event) {
    // Within a turn the shard's time, which sessions are saved and restored with, too.
    auto const* const shard = engineio::net::Shard::current();
    return recovery_->append(
        shard ? shard->now() : engineio::net::Shard::Clock::now(), std::move(selection),
        [&](std::string_view offset) { return encode(event, std::nullopt, offset); });
}

void Namespace::broadcast(Selection const& selection, EmitFlags const& flags,
                          EventRef const& event) {
    check_event_name(event.name);
    Recovery::Logged sent{nullptr, 0};
    if (recovery_ && !flags.is_volatile) {
        sent = log_event(selection, event);
    } else {
        sent.packet = std::make_shared<EncodedPacket const>(encode(event, std::nullopt, {}));
    }
    core_.on_shards([this](unsigned index) { return shards_[index]->count.load() > 0; },
                    [this, selection, flags, sent](engineio::net::Shard& shard) {
                        auto const messages = to_messages(*sent.packet);
                        shards_[shard.index()]->for_each(selection, [&](Socket& socket) {
                            if (sent.position == 0 || socket.log_position_ < sent.position) {
                                socket.deliver(messages, flags);
                            }
                        });
                    });
}

namespace {

// The answers to one broadcast with acknowledgement; lives on the asking shard, other shards post
// to it.
struct AckGather {
    engineio::net::Shard& origin;
    detail::GatherCallback done;
    detail::Gathered gathered;
    std::size_t settled = 0;
    unsigned shards_pending;
    engineio::net::OneShot timer;

    void answer(Result<Args, AckError> reply) {
        ++settled;
        if (reply) {
            gathered.answers.push_back(reply->empty() ? Json() : std::move(reply->front()));
        }
        finish_if_complete();
    }
    void asked(std::size_t count) {
        gathered.asked += count;
        --shards_pending;
        finish_if_complete();
    }
    void finish_if_complete() {
        if (shards_pending == 0 && settled == gathered.asked) {
            finish();
        }
    }
    void finish() {
        timer.cancel();
        if (auto const callback = std::exchange(done, nullptr)) {
            callback(std::move(gathered));
        }
    }
};

template <class F>
void on_origin(std::shared_ptr<AckGather> const& gather, engineio::net::Shard& shard, F&& action) {
    if (&shard == &gather->origin) {
        return action(*gather);
    }
    gather->origin.post([gather, action = std::forward<F>(action)]() mutable { action(*gather); });
}

constexpr std::chrono::milliseconds default_broadcast_ack_timeout{5'000};

}  // namespace

void Namespace::broadcast_with_ack(Selection const& selection, EmitFlags const& flags,
                                   EventRef const& event, detail::GatherCallback done) {
    check_event_name(event.name);
    auto* const origin = engineio::net::Shard::current();
    SIO_ASSERT(origin != nullptr);
    auto const id = next_ack_id();
    auto const packet = std::make_shared<EncodedPacket const>(encode(event, id, {}));
    auto const limit = flags.timeout.value_or(default_broadcast_ack_timeout);
    auto const gather = std::make_shared<AckGather>(*origin, std::move(done), detail::Gathered{}, 0,
                                                    core_.shard_count(), engineio::net::OneShot());
    // Ends the wait; the sockets' own timeouts, armed later, only free their entries.
    gather->timer = origin->timers().after(limit, [keep = std::weak_ptr(gather)] {
        if (auto const alive = keep.lock()) {
            alive->finish();
        }
    });
    core_.on_shards(
        [](unsigned) { return true; },
        [this, selection, flags, id, packet, limit, gather](engineio::net::Shard& shard) {
            auto const messages = to_messages(*packet);
            std::size_t count = 0;
            shards_[shard.index()]->for_each(selection, [&](Socket& socket) {
                ++count;
                socket.expect_ack(id, &limit, [gather, &shard](Result<Args, AckError> reply) {
                    on_origin(gather, shard, [reply = std::move(reply)](AckGather& g) mutable {
                        g.answer(std::move(reply));
                    });
                });
                socket.deliver(messages, flags);
            });
            on_origin(gather, shard, [count](AckGather& g) { g.asked(count); });
        });
}

}  // namespace socketio
