#include "socketio/namespace.hpp"

#include "engineio/net/result.hpp"
#include "socketio/client.hpp"
#include "socketio/core.hpp"
#include "socketio/guard.hpp"
#include "socketio/namespace_shard.hpp"
#include "socketio/room_census.hpp"

#include <utility>

namespace socketio {

NamespacePtr::NamespacePtr(Namespace* nsp) noexcept : bits_(reinterpret_cast<std::uintptr_t>(nsp)) {
    if (nsp && nsp->is_child_) {
        bits_ |= counted;
        add_reference();
    }
}

void NamespacePtr::add_reference() const noexcept {
    get()->references_.fetch_add(1, std::memory_order_relaxed);
}

void NamespacePtr::release() const noexcept {
    if (get()->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete get();
    }
}

Namespace::Namespace(Core& core, std::string name, std::shared_ptr<HandlerTable> table,
                     bool is_child)
    : HandlerRegistry(std::move(table)), core_(core), name_(std::move(name)), is_child_(is_child) {
    for (unsigned i = 0; i < core.shard_count(); ++i) {
        shards_.push_back(std::make_unique<NamespaceShard>());
    }
    if (auto const& options = core.options().connection_state_recovery) {
        recovery_ = std::make_unique<Recovery>(options->max_disconnection_duration);
    }
    if (table_->frozen) {
        freeze();
    }
}

Namespace::~Namespace() = default;

Server& Namespace::server() const {
    return core_.server();
}

NamespaceShard& Namespace::here() {
    auto* const shard = engineio::net::Shard::current();
    SIO_ASSERT(shard != nullptr);
    return *shards_[shard->index()];
}

std::size_t Namespace::room_count() {
    return here().rooms.room_count();
}

std::size_t Namespace::socket_count() const {
    std::size_t count = 0;
    for (auto const& part : shards_) {
        count += part->count.load(std::memory_order_relaxed);
    }
    return count;
}

std::vector<SocketPtr> Namespace::local_sockets() {
    return here().collect({});
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
        socket->assert_shard();
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
            return socket->dismiss();  // left meanwhile: nobody to tell
        }
        if (refusal) {
            socket->client_->refused(*socket, *refusal);
            return socket->dismiss();
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
    if (table_->hears_rooms()) {
        announce_join(socket, socket.id_);
    }
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
    if (table_->hears_rooms()) {
        announce_leave(socket, socket.id_);
    }
    leave_all_rooms(socket);
    local.remove(socket);
    --socket.shard_.metrics().sockets;
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
    std::shared_ptr<Args const> args;
    if (hears_outgoing()) {
        args = std::make_shared<Args const>(to_args(event));
    }
    if (core_.adapter() && !flags.local) {
        publish_broadcast(selection, flags, event);
    }
    Recovery::Logged sent{nullptr, 0};
    if (recovery_ && !flags.is_volatile) {
        sent = log_event(selection, event);
    } else {
        sent.packet = std::make_shared<EncodedPacket const>(encode(event, std::nullopt, {}));
    }
    core_.on_shards(
        [this](unsigned index) { return shards_[index]->count.load() > 0; },
        [self = NamespacePtr(this), selection, flags, sent, args,
         name = args ? std::string(event.name) : std::string()](engineio::net::Shard& shard) {
            auto const messages = to_messages(*sent.packet);
            auto& part = *self->shards_[shard.index()];
            if (args) {
                self->tell_outgoing(part.collect(selection), {name, *args, false});
            }
            part.for_each(selection, [&](Socket& socket) {
                if (sent.position == 0 || socket.log_position_ < sent.position) {
                    socket.deliver(messages, flags);
                }
            });
        });
}

void Namespace::tell_outgoing(std::vector<SocketPtr> const& sockets, Event const& event) {
    for (auto const& socket : sockets) {
        if (socket->hears_outgoing()) {
            socket->tell_outgoing(event);
        }
    }
}

}  // namespace socketio
