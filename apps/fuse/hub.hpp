#pragma once

#include "apps/auth/accounts.hpp"
#include "apps/common/json_endpoint.hpp"
#include "apps/common/rest.hpp"
#include "apps/common/synchronized.hpp"
#include "apps/fuse/fuse.hpp"
#include "apps/fuse/fuse_store.hpp"
#include "apps/fuse/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace apps::fuse {

/// The side of the system that faces its users: sockets and REST on one set of rooms and tasks.
/// A change is made under the lock of the rules; answers and broadcasts follow from the store's
/// thread when it is on the disk, in the order of the changes. Who asks may see a change before.
/// While the store cannot keep changes they are refused: error 1013, REST 503. Owned by wiring;
/// outlives endpoint, REST table and the store's thread, which call it from all shards.
class Hub {
public:
    using Peer = common::Peer;
    using Inbound = common::Inbound;

    /// Lets users in by the access token in ?token=; the endpoint gets its table by events(). With
    /// `place_key`, a secret, it makes names of the places where users are.
    Hub(common::JsonEndpoint& endpoint, Fuse rules, auth::Accounts& accounts, FuseStore& store,
        common::Clock clock, std::string place_key);

    // Events.
    void connected(Peer& peer);
    void disconnected(Peer& peer);
    void join_room(Peer& peer, RoomRequest const& request, Inbound const& message);
    void leave_room(Peer& peer, RoomRequest const& request, Inbound const& message);
    void message(Peer& peer, MessageRequest const& request, Inbound const& message);
    void task_update(Peer& peer, TaskUpdateRequest const& request, Inbound const& message);
    void task_assign(Peer& peer, TaskAssignRequest const& request, Inbound const& message);
    void reply_error(Peer& peer, common::Invalid const& invalid);
    void flooded(Peer& peer, std::uint32_t refused);

    /// healthUpdate to everybody, for a timer; a `status` other than "healthy" says what is wrong.
    void tell_health(std::string const& status);
    /// "healthy", or "degraded" while changes cannot be kept.
    std::string health_status() const;

    // REST.
    common::Reply tasks(common::RestCall& call, TaskQuery const& query);
    socketio::Task<common::Reply> create_task(common::RestCall& call, TaskForm form);
    socketio::Task<common::Reply> change_task(common::RestCall& call, std::string id,
                                              TaskForm form);
    socketio::Task<common::Reply> messages(common::RestCall& call, std::string room);
    common::Reply health();

private:
    /// An event that changes something: `apply(Fuse&)` under the lock, an Outcome<void>.
    template <class F>
    void change(Peer& peer, Inbound const& message, F apply);
    /// The same by REST: `apply(Fuse&, maker)` gives the answer, which goes out when all is kept.
    template <class F>
    socketio::Task<common::Reply> change(common::RestCall& call, F apply);
    /// To a caller whose change is kept by then.
    template <class T>
    void answer(Peer& peer, Inbound const& message, char const* type, T notice);
    void announce(TaskChange change);

    bool knows(std::string const& user);
    /// The user of the request's token, if there is one; throws RestError 401.
    std::string require(common::RestCall const& call);
    std::string place_of(engineio::net::Request const& request) const;

    void send_error(Peer& peer, Refusal const& refusal, Inbound const& message);
    void refuse(Peer& peer, Refusal const& refusal, Inbound const& message);
    void update(Peer& peer, std::string const& task, TaskPatch const& patch,
                Inbound const& message);
    HealthNotice health_notice(std::string status);

    common::JsonEndpoint& endpoint_;
    common::Synchronized<Fuse> rules_;
    auth::Accounts& accounts_;
    FuseStore& store_;
    common::Clock clock_;
    std::string const place_key_;
    std::int64_t started_;
};

/// A line as it is sent and listed.
MessageNotice notice_of(Line const& line, Fuse const& rules);

/// Registers every message of the document.
void events(common::JsonEndpoint& endpoint, Hub& hub);
/// Registers every route.
void routes(common::Rest& rest, Hub& hub, auth::Accounts& accounts);

}  // namespace apps::fuse
