#include "socketio/broadcast_operator.hpp"

#include "engineio/limits.hpp"
#include "socketio/core.hpp"
#include "socketio/gather.hpp"
#include "socketio/namespace.hpp"
#include "socketio/namespace_shard.hpp"

#include <coroutine>
#include <memory>
#include <utility>

namespace socketio {

void BroadcastOperator::broadcast(EventRef const& event) const {
    nsp_->broadcast(selection_, flags_, event);
}

void BroadcastOperator::broadcast_with_ack(EventRef const& event,
                                           std::shared_ptr<detail::AnswerSink> sink) const {
    nsp_->broadcast_with_ack(selection_, flags_, event, std::move(sink));
}

namespace {

// `co_await ClusterAsk(...)`: what the other servers answer, on the asking shard again.
class ClusterAsk {
public:
    ClusterAsk(Core& core, ClusterRequest request, std::chrono::milliseconds limit)
        : core_(core), request_(std::move(request)), limit_(limit),
          state_(std::make_shared<State>()) {}
    ~ClusterAsk() { state_->waiting = nullptr; }
    ClusterAsk(ClusterAsk const&) = delete;
    ClusterAsk& operator=(ClusterAsk const&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
        auto* const origin = engineio::net::Shard::current();
        SIO_ASSERT(origin != nullptr);
        state_->waiting = waiting;
        auto const resume = [state = state_](ClusterReplies replies) {
            state->replies = std::move(replies);
            if (auto const handle = std::exchange(state->waiting, nullptr)) {
                handle.resume();
            }
        };
        core_.adapter()->ask(std::move(request_), limit_,
                             [origin, resume, gate = core_.answers()](ClusterReplies replies) {
                                 gate->post(*origin,
                                            [resume, replies = std::move(replies)]() mutable {
                                                resume(std::move(replies));
                                            });
                             });
    }
    ClusterReplies await_resume() { return std::move(state_->replies); }

private:
    struct State {
        ClusterReplies replies;
        std::coroutine_handle<> waiting;
    };
    Core& core_;
    ClusterRequest request_;
    std::chrono::milliseconds limit_;
    std::shared_ptr<State> state_;
};

void append_sockets(std::vector<RemoteSocket>& sockets, ClusterReplies replies,
                    NamespacePtr const& nsp) {
    for (Json& reply : replies.replies) {
        Json::Array* const list = reply.array_items();
        for (std::size_t i = 0; list && i < list->size(); ++i) {
            Json& entry = (*list)[i];
            RemoteSocket socket;
            read_value(entry["id"], socket.id);
            read_value(entry["rooms"], socket.rooms);
            socket.handshake =
                std::make_shared<Handshake const>(Handshake::from_json(entry["handshake"]));
            socket.data = entry["data"];
            socket.nsp = nsp;
            sockets.push_back(std::move(socket));
        }
    }
}

Task<std::vector<RemoteSocket>> gather_sockets(Core& core,
                                               ShardGather<RemoteSocket>::Collect collect,
                                               ClusterRequest request, EmitFlags flags,
                                               NamespacePtr nsp) {
    auto sockets = co_await ShardGather<RemoteSocket>(core, std::move(collect));
    if (core.adapter() && !flags.local) {
        auto const limit = flags.timeout.value_or(engineio::limits::broadcast_ack_timeout);
        auto replies = co_await ClusterAsk(core, std::move(request), limit);
        append_sockets(sockets, std::move(replies), nsp);
    }
    co_return sockets;
}

}  // namespace

Task<std::vector<RemoteSocket>> BroadcastOperator::fetch_sockets() const {
    auto collect = [nsp = nsp_, selection = selection_](engineio::net::Shard& shard) {
        std::vector<RemoteSocket> found;
        nsp->shard(shard.index()).for_each(selection, [&](Socket& socket) {
            found.push_back({socket.id(), socket.rooms(), socket.handshake_, socket.data(), nsp});
        });
        return found;
    };
    return gather_sockets(nsp_->core_, std::move(collect),
                          request(ClusterRequest::Kind::fetch_sockets), flags_, nsp_);
}

ClusterRequest BroadcastOperator::request(ClusterRequest::Kind kind) const {
    ClusterRequest request;
    request.kind = kind;
    request.nsp = nsp_->name();
    request.selection = selection_;
    request.flags = flags_;
    return request;
}

// On every shard and, unless local(), every other server.
void BroadcastOperator::on_selected(ClusterRequest request,
                                    std::function<void(Socket&)> action) const {
    auto& core = nsp_->core_;
    if (core.adapter() && !flags_.local) {
        core.adapter()->publish(std::move(request));
    }
    core.on_shards([](unsigned) { return true; },
                   [nsp = nsp_, selection = selection_,
                    action = std::move(action)](engineio::net::Shard& shard) {
                       for (auto const& socket : nsp->shard(shard.index()).collect(selection)) {
                           action(*socket);
                       }
                   });
}

void BroadcastOperator::sockets_join(RoomList rooms) const {
    auto message = request(ClusterRequest::Kind::sockets_join);
    message.rooms = rooms.names;
    on_selected(std::move(message),
                [rooms = std::move(rooms)](Socket& socket) { socket.join(rooms); });
}

void BroadcastOperator::sockets_leave(RoomList rooms) const {
    auto message = request(ClusterRequest::Kind::sockets_leave);
    message.rooms = rooms.names;
    on_selected(std::move(message), [rooms = std::move(rooms)](Socket& socket) {
        for (auto const& room : rooms.names) {
            socket.leave(room);
        }
    });
}

void BroadcastOperator::disconnect_sockets(bool close) const {
    auto message = request(ClusterRequest::Kind::disconnect_sockets);
    message.close = close;
    on_selected(std::move(message), [close](Socket& socket) { socket.disconnect(close); });
}

RemoteEmitter RemoteSocket::timeout(std::chrono::milliseconds limit) const {
    return RemoteEmitter(BroadcastOperator(*nsp, Selection{{id}, {}}).timeout(limit));
}

void RemoteSocket::join(RoomList to) const {
    BroadcastOperator(*nsp, Selection{{id}, {}}).sockets_join(std::move(to));
}

void RemoteSocket::leave(RoomList from) const {
    BroadcastOperator(*nsp, Selection{{id}, {}}).sockets_leave(std::move(from));
}

void RemoteSocket::disconnect(bool close) const {
    BroadcastOperator(*nsp, Selection{{id}, {}}).disconnect_sockets(close);
}

}  // namespace socketio
