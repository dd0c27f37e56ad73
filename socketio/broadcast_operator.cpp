#include "socketio/broadcast_operator.hpp"

#include "socketio/core.hpp"
#include "socketio/gather.hpp"
#include "socketio/namespace.hpp"
#include "socketio/namespace_shard.hpp"

#include <utility>

namespace socketio {

BroadcastOperator BroadcastOperator::to(RoomList rooms) const {
    auto copy = *this;
    for (auto& room : rooms.names) {
        copy.selection_.rooms.push_back(std::move(room));
    }
    return copy;
}

BroadcastOperator BroadcastOperator::except(RoomList rooms) const {
    auto copy = *this;
    for (auto& room : rooms.names) {
        copy.selection_.except.push_back(std::move(room));
    }
    return copy;
}

BroadcastOperator BroadcastOperator::volatile_() const {
    auto copy = *this;
    copy.flags_.is_volatile = true;
    return copy;
}

BroadcastOperator BroadcastOperator::compress(bool on) const {
    auto copy = *this;
    copy.flags_.compress = on;
    return copy;
}

BroadcastOperator BroadcastOperator::local() const {
    auto copy = *this;
    copy.flags_.local = true;
    return copy;
}

BroadcastOperator BroadcastOperator::timeout(std::chrono::milliseconds limit) const {
    auto copy = *this;
    copy.flags_.timeout = limit;
    return copy;
}

void BroadcastOperator::broadcast(EventRef const& event) const {
    nsp_->broadcast(selection_, flags_, event);
}

void BroadcastOperator::broadcast_with_ack(EventRef const& event,
                                           detail::GatherCallback done) const {
    nsp_->broadcast_with_ack(selection_, flags_, event, std::move(done));
}

Task<std::vector<RemoteSocket>> BroadcastOperator::fetch_sockets() const {
    auto const collect = [nsp = nsp_, selection = selection_](engineio::net::Shard& shard) {
        std::vector<RemoteSocket> found;
        nsp->shard(shard.index()).for_each(selection, [&](Socket& socket) {
            found.push_back({socket.id(), socket.rooms(), socket.handshake_, socket.data()});
        });
        return found;
    };
    return
        [](Core& core, ShardGather<RemoteSocket>::Collect run) -> Task<std::vector<RemoteSocket>> {
            co_return co_await ShardGather<RemoteSocket>(core, std::move(run));
        }(nsp_->core_, collect);
}

namespace {

void on_selected(Core& core, std::function<NamespaceShard&(unsigned)> const& part,
                 Selection const& selection, std::function<void(Socket&)> const& action) {
    core.on_shards([](unsigned) { return true; },
                   [part, selection, action](engineio::net::Shard& shard) {
                       for (auto const& socket : part(shard.index()).collect(selection)) {
                           action(*socket);
                       }
                   });
}

}  // namespace

void BroadcastOperator::sockets_join(RoomList rooms) const {
    on_selected(
        nsp_->core_, [nsp = nsp_](unsigned i) -> NamespaceShard& { return nsp->shard(i); },
        selection_, [rooms = std::move(rooms)](Socket& socket) { socket.join(rooms); });
}

void BroadcastOperator::sockets_leave(RoomList rooms) const {
    on_selected(
        nsp_->core_, [nsp = nsp_](unsigned i) -> NamespaceShard& { return nsp->shard(i); },
        selection_,
        [rooms = std::move(rooms)](Socket& socket) {
            for (auto const& room : rooms.names) {
                socket.leave(room);
            }
        });
}

void BroadcastOperator::disconnect_sockets(bool close) const {
    on_selected(
        nsp_->core_, [nsp = nsp_](unsigned i) -> NamespaceShard& { return nsp->shard(i); },
        selection_, [close](Socket& socket) { socket.disconnect(close); });
}

}  // namespace socketio
