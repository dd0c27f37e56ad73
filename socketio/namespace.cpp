#include "socketio/namespace.hpp"

#include "engineio/limits.hpp"
#include "engineio/net/result.hpp"
#include "socketio/client.hpp"
#include "socketio/core.hpp"
#include "socketio/guard.hpp"
#include "socketio/namespace_shard.hpp"
#include "socketio/room_census.hpp"

#include <algorithm>
#include <utility>

namespace socketio {

namespace {

// What would end the connection that it is sent to would do so each time the client comes back.
std::size_t max_missed_bytes(ServerOptions const& options) {
    return std::min(engineio::limits::max_recovery_missed_bytes,
                    options.limits.session.max_buffered_bytes / 2);
}

}  // namespace

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
        using engineio::net::clocked;
        using engineio::net::sum;
        recovery_ = std::make_shared<Recovery>(
            Recovery::Bounds{
                clocked(options->max_disconnection_duration),
                options->max_bytes / engineio::limits::recovery_session_share,
                max_missed_bytes(core.options()),
                sum(clocked(core.options().ping_interval), clocked(core.options().ping_timeout))},
            core.shard_count(), core.recovery_budget(), table_.get(),
            [name = name_](std::string_view limit) {
                // Only shards count; what other threads have caused waits for the next that does.
                auto* const shard = engineio::net::Shard::current();
                if (shard) {
                    shard->limit_hit(limit, name);
                }
                return shard != nullptr;
            },
            [this](Recovery::TimePoint due) { core_.forget_at(due, recovery_); });
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
    // Of this server, not of another one in the process.
    SIO_ASSERT(shard != nullptr && shard->index() < shards_.size() &&
               &core_.runtime().shard(shard->index()) == shard);
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
        if (std::exchange(*called, true) || socket->decided_) {
            return;
        }
        if (error) {
            return conclude(socket, std::move(error));
        }
        run_middlewares(socket, index + 1);
    };
    if (!guarded(socket->shard_, "middleware", [&] { table_->middlewares[index](socket, next); })) {
        next(detail::middleware_failure());
    }
}

// Always a phase later, so that the answer never overtakes what the same turn still decodes.
void Namespace::conclude(SocketPtr const& socket, std::optional<ConnectError> refusal) {
    socket->decided_ = true;
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
    if (recovery_ && !begin_recoverable(socket)) {
        here().remove(socket);
        return socket.client_->session().close();  // the next time it connects anew
    }
    ++socket.shard_.metrics().sockets;
    socket.connected_ = true;
    socket.client_->connected(keep);
    if (table_->hears_rooms()) {
        announce_join(socket, socket.id_);
        if (!socket.connected_) {
            return;  // a listener has sent it away
        }
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
    socket.announced_ = true;
    for (auto const& handler : table_->connection) {
        guarded(socket.shard_, "connection", [&] { handler(socket); });
    }
}

// From here on the socket hears broadcasts; a recovered one is sent those before, and only then
// its CONNECT answer. False if the log has forgotten some while middlewares were waiting.
bool Namespace::begin_recoverable(Socket& socket) {
    if (!socket.recovered_) {
        socket.log_position_ = recovery_->position();
        return true;
    }
    auto const& auth = socket.handshake().auth();
    auto const missed = recovery_->resume(socket.shard_.now(), socket.pid_,
                                          *auth["offset"].string(), socket.shard_.index());
    if (!missed) {
        return false;
    }
    socket.log_position_ = missed->position;
    auto& again = core_.missed_messages(socket.shard_.index());
    for (auto const& packet : missed->packets) {
        socket.client_->send(again.of(packet, socket.shard_), true);
    }
    return true;
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

}  // namespace socketio
