#pragma once

#include "socketio/emit.hpp"
#include "socketio/json_codec.hpp"
#include "socketio/selection.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace socketio {

/// One operation of this server that concerns the others of its cluster, too. Plain data, so that
/// an adapter can put it on whatever wire it speaks. Which members count depends on the kind.
struct ClusterRequest {
    /// What is to be done, and which members say it.
    enum class Kind : std::uint8_t {
        broadcast,           ///< selection, flags, event, args
        broadcast_with_ack,  ///< the same; reply: {"asked":n,"answers":[first arguments]}
        sockets_join,        ///< selection, rooms
        sockets_leave,       ///< selection, rooms
        disconnect_sockets,  ///< selection, close
        fetch_sockets,       ///< selection; reply: [{"id","rooms","handshake","data"}]
        server_side_emit,    ///< event, args; reply, if asked for: the handler's value
    };

    /// As the kind says; `nsp` always.
    Kind kind = Kind::broadcast;
    std::string nsp;
    Selection selection = {};
    EmitFlags flags = {};
    std::string event = {};
    Args args = {};
    std::vector<std::string> rooms = {};
    bool close = false;
};

/// What the other servers answered, in order of arrival.
struct ClusterReplies {
    /// The replies.
    std::vector<Json> replies;
    std::size_t missing = 0;  ///< servers that did not answer in time
    /// All have answered.
    bool complete() const { return missing == 0; }
};

/// This server as an adapter sees it: where requests of the others go in.
class ClusterMember {
public:
    virtual ~ClusterMember() = default;
    /// Carries out a request of another server, on this server only. `reply` (may be empty) is
    /// called at most once. Both any thread. Unknown namespaces, reserved event names
    /// and kinds of a later version are ignored: their reply is empty; a
    /// server_side_emit that nobody here hears gets none.
    virtual void on_request(ClusterRequest request, std::function<void(Json)> reply) = 0;
};

/// The seam to the other servers of a cluster (Node's adapter, option `adapter`): carries requests
/// out and answers back, and knows nothing of sockets. Without one the server is alone. All calls
/// come from any thread; `done` may be called on any thread, within the call, too.
class Adapter {
public:
    virtual ~Adapter() = default;
    /// Called once, when the server opens; `self` outlives the calls until close().
    virtual void open(ClusterMember& self) = 0;
    /// The server closes: nothing more may reach `self` afterwards. A `done` that comes later is
    /// ignored, also once the server is gone; none may run on another thread while this returns.
    virtual void close() = 0;
    /// Servers in the cluster, this one included.
    virtual std::size_t server_count() const = 0;
    /// To all other servers, in the order of the calls of one thread.
    virtual void publish(ClusterRequest request) = 0;
    /// The same, gathering one reply of each; `done` comes once, after `limit` at the latest.
    virtual void ask(ClusterRequest request, std::chrono::milliseconds limit,
                     std::function<void(ClusterReplies)> done) = 0;
};

}  // namespace socketio
