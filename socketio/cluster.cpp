// This server in a cluster: what it sends through its adapter, and what the others ask of it.

#include "engineio/limits.hpp"
#include "engineio/net/log.hpp"
#include "engineio/net/shard.hpp"
#include "socketio/core.hpp"
#include "socketio/guard.hpp"
#include "socketio/namespace.hpp"
#include "socketio/packet.hpp"
#include "socketio/task.hpp"

#include <atomic>
#include <memory>
#include <utility>

namespace socketio {

using Kind = ClusterRequest::Kind;

namespace {

ClusterRequest event_request(Kind kind, std::string const& nsp, EventRef const& event) {
    ClusterRequest request;
    request.kind = kind;
    request.nsp = nsp;
    request.event = std::string(event.name);
    request.args = to_args(event);
    return request;
}

void warn_alone() {
    engineio::net::log_warn("socketio", "server_side_emit reaches nobody: there is no adapter");
}

using Reply = std::function<void(Json)>;

void answer(Reply const& reply, Json value) {
    if (reply) {
        reply(std::move(value));
    }
}

Json counted(std::size_t asked, Json::Array answers) {
    return Json::object({{"asked", asked}, {"answers", std::move(answers)}});
}

// The reply of a server that has no such namespace.
Json nothing(Kind kind) {
    return kind == Kind::broadcast_with_ack ? counted(0, {}) : Json::array();
}

// As adapters pass on what comes over their wire. Once, as there may be many.
void tell_unknown(Kind kind) {
    static std::atomic<bool> told{false};
    if (!told.exchange(true)) {
        engineio::net::log_warn("socketio", "another server asks for what we do not know: kind {}",
                                static_cast<int>(kind));
    }
}

Task<void> ask_clients(BroadcastOperator op, ClusterRequest request, Reply reply) {
    auto replies = co_await op.emit_with_ack<Json>(request.event, request.args);
    auto const asked = replies.replies.size() + replies.missing;
    answer(reply, counted(asked, std::move(replies.replies)));
}

Task<void> list_sockets(BroadcastOperator op, Reply reply) {
    auto const sockets = co_await op.fetch_sockets();
    Json::Array list;
    for (auto const& socket : sockets) {
        list.push_back(Json::object({{"id", socket.id},
                                     {"rooms", socketio::to_json(socket.rooms)},
                                     {"handshake", socket.handshake->to_json()},
                                     {"data", socket.data}}));
    }
    answer(reply, Json(std::move(list)));
}

}  // namespace

// --- out --------------------------------------------------------------------------------------

void Namespace::publish_broadcast(Selection const& selection, EmitFlags const& flags,
                                  EventRef const& event) {
    auto request = event_request(Kind::broadcast, name_, event);
    request.selection = selection;
    request.flags = flags;
    core_.adapter()->publish(std::move(request));
}

void Namespace::send_server_side(EventRef const& event) {
    check_server_event_name(event.name);
    if (auto* const adapter = core_.adapter()) {
        return adapter->publish(event_request(Kind::server_side_emit, name_, event));
    }
    warn_alone();
}

void Namespace::ask_server_side(EventRef const& event, std::shared_ptr<detail::AnswerSink> sink) {
    check_server_event_name(event.name);
    auto* const adapter = core_.adapter();
    if (!adapter) {
        warn_alone();
        return sink->finish(0);
    }
    auto* const origin = engineio::net::Shard::current();
    SIO_ASSERT(origin != nullptr);
    adapter->ask(event_request(Kind::server_side_emit, name_, event),
                 engineio::limits::broadcast_ack_timeout,
                 [origin, gate = core_.answers(), sink = std::move(sink)](ClusterReplies replies) {
                     gate->post(*origin, [sink, replies = std::move(replies)]() mutable {
                         for (Json& reply : replies.replies) {
                             sink->take(std::move(reply), nullptr);
                         }
                         sink->finish(replies.replies.size() + replies.missing);
                     });
                 });
}

// --- in ---------------------------------------------------------------------------------------

void Namespace::receive_server_side(ClusterRequest request, std::function<void(Json)> reply) {
    auto const found = table_->server_side.find(request.event);
    if (found == table_->server_side.end()) {
        return;
    }
    auto const once = [reply = std::move(reply),
                       used = std::make_shared<std::atomic<bool>>(false)](Json value) {
        if (!used->exchange(true)) {
            answer(reply, std::move(value));
        }
    };
    for (auto const& handler : found->second) {
        guarded(*engineio::net::Shard::current(), request.event,
                [&] { handler(request.args, once); });
    }
}

// All on one shard, so that they are carried out in the order in which they came: some need a shard
// to come back to.
void Core::on_request(ClusterRequest request, std::function<void(Json)> reply) {
    auto& first = runtime_.shard(0);
    if (first.is_current()) {
        return carry_out(std::move(request), std::move(reply));
    }
    first.post([this, request = std::move(request), reply = std::move(reply)]() mutable {
        carry_out(std::move(request), std::move(reply));
    });
}

void Core::carry_out(ClusterRequest request, std::function<void(Json)> reply) {
    auto const nsp = find(request.nsp);
    if (!nsp) {
        if (request.kind != Kind::server_side_emit) {
            answer(reply, nothing(request.kind));
        }
        return;
    }
    bool const is_event =
        request.kind == Kind::broadcast || request.kind == Kind::broadcast_with_ack;
    if (is_event && is_reserved_event(request.event)) {
        engineio::net::log_warn("socketio", "another server sent the reserved event \"{}\"",
                                request.event);
        return answer(reply, nothing(request.kind));
    }
    request.flags.local = true;
    BroadcastOperator const op(*nsp, request.selection, request.flags);
    switch (request.kind) {
    case Kind::broadcast:
        return op.emit(request.event, request.args);
    case Kind::broadcast_with_ack:
        return spawn(ask_clients(op, std::move(request), std::move(reply)));
    case Kind::sockets_join:
        return op.sockets_join(std::move(request.rooms));
    case Kind::sockets_leave:
        return op.sockets_leave(std::move(request.rooms));
    case Kind::disconnect_sockets:
        return op.disconnect_sockets(request.close);
    case Kind::fetch_sockets:
        return spawn(list_sockets(op, std::move(reply)));
    case Kind::server_side_emit:
        return nsp->receive_server_side(std::move(request), std::move(reply));
    }
    tell_unknown(request.kind);
    answer(reply, nothing(request.kind));
}

}  // namespace socketio
