#include "apps/fuse/hub.hpp"

#include "apps/auth/digest.hpp"
#include "engineio/net/address_group.hpp"
#include "engineio/net/text.hpp"

#include <utility>

namespace apps::fuse {

using common::Fault;
using common::SendOptions;
using socketio::Json;

namespace {

constexpr std::uint16_t unsupported_data = 1003;
// So often in a row, then the connection ends with the code.
constexpr int bad_messages_before_close = 3;
constexpr int refusals_before_close = 10;
constexpr std::uint32_t floods_before_close = 200;
constexpr int high_priority = 1;
constexpr int background = 4;

struct Seat {
    std::string user, place;
    int bad_messages = 0;  // in a row
    int refusals = 0;      // in a row
};

Seat& seat_of(common::Peer& peer) {
    return peer.data<Seat>();
}

Speaker speaker(common::Peer& peer) {
    return {peer.id(), seat_of(peer).user, seat_of(peer).place};
}

// Names that clients choose and users must not meet.
std::string room_name(std::string const& room) {
    return "room:" + room;
}

std::string user_name(std::string const& user) {
    return "user:" + user;
}

TaskUpdateNotice notice_of(Task const& task) {
    return {task.id,       task.status,   task.progress,
            task.metadata, task.priority, task.assignee.empty() ? Json() : Json(task.assignee)};
}

// As everything that changes state: through the queues, in one order for all.
SendOptions in_order(std::optional<int> priority = {}, std::string_view message_id = {}) {
    return {.priority = priority, .message_id = message_id, .ordered = true};
}

// A message that was fine ends every row of mistakes.
void forgive(common::Peer& peer) {
    seat_of(peer).bad_messages = seat_of(peer).refusals = 0;
}

}  // namespace

MessageNotice notice_of(Line const& line, Fuse const& rules) {
    return {line.id,   line.room,    line.sender,  rules.name_of(line.sender),
            line.time, line.content, line.metadata};
}

Hub::Hub(common::JsonEndpoint& endpoint, Fuse rules, auth::Accounts& accounts, FuseStore& store,
         common::Clock clock, std::string place_key)
    : endpoint_(endpoint), rules_(std::move(rules)), accounts_(accounts), store_(store),
      clock_(std::move(clock)), place_key_(std::move(place_key)), started_(clock_()) {
    accounts_.on_new([this](auth::Account const& account, auto const&) {
        rules_.with([&](Fuse& fuse) { fuse.add_user(account.id, account.username); });
    });
    endpoint_.authenticate(
        [this](engineio::net::Request const& request) -> std::optional<Seat> {
            auto user = accounts_.user(request.query().get("token"));
            return user && knows(*user) ? std::optional(Seat{*user, place_of(request)})
                                        : std::nullopt;
        },
        {.close_code = code::invalid_authentication, .reason = "Invalid authentication"});
}

bool Hub::knows(std::string const& user) {
    return rules_.with([&](Fuse const& fuse) { return fuse.knows(user); });
}

// Kept with what is made there, so nothing from which the address could be had without the key.
std::string Hub::place_of(engineio::net::Request const& request) const {
    constexpr std::size_t enough = 16;  // of 32 bytes
    auto const group = engineio::net::address_group(request.remote_address);
    return group.empty() ? group
                         : engineio::net::base64url_encode(
                               auth::hmac_sha256(place_key_, "place " + group).substr(0, enough));
}

void Hub::connected(Peer& peer) {
    peer.join(user_name(seat_of(peer).user));
}

void Hub::disconnected(Peer& peer) {
    rules_.with([&](Fuse& fuse) { fuse.disconnect(peer.id()); });
}

// --- events ------------------------------------------------------------------------------------

template <class F>
void Hub::change(Peer& peer, Inbound const& message, F apply) {
    if (!store_.thread().accepts()) {
        return send_error(peer, {code::try_later, "Storage is not available, try again later"},
                          message);
    }
    rules_.with([&](Fuse& fuse) {
        store::StoreThread::Together const change(store_.thread());
        if (Outcome<void> const done = apply(fuse); !done) {
            refuse(peer, done.error(), message);
        } else {
            forgive(peer);
        }
    });
}

template <class T>
void Hub::answer(Peer& peer, Inbound const& message, char const* type, T notice) {
    store_.thread().after([to = endpoint_.peer(peer.id()), type, notice = std::move(notice),
                           priority = message.priority, id = message.message_id] {
        to.send(type, notice, in_order(priority, id));
    });
}

void Hub::join_room(Peer& peer, RoomRequest const& request, Inbound const& message) {
    change(peer, message, [&](Fuse& fuse) -> Outcome<void> {
        auto members = fuse.join(speaker(peer), request.roomId);
        if (!members) {
            return members.error();
        }
        peer.join(room_name(request.roomId));
        std::map<std::string, std::string> names;
        for (auto const& member : *members) {
            names[member] = fuse.name_of(member);
        }
        answer(peer, message, "joinRoom",
               RoomAnswer{request.roomId, true, *std::move(members), std::move(names)});
        return {};
    });
}

void Hub::leave_room(Peer& peer, RoomRequest const& request, Inbound const& message) {
    change(peer, message, [&](Fuse& fuse) -> Outcome<void> {
        auto const left = fuse.leave(speaker(peer), request.roomId);
        if (!left) {
            return left.error();
        }
        peer.leave(room_name(request.roomId));
        answer(peer, message, "leaveRoom",
               RoomAnswer{request.roomId, true, std::nullopt, std::nullopt});
        return {};
    });
}

// The speaker is named besides the room, who may have left it when the line is kept.
void Hub::message(Peer& peer, MessageRequest const& request, Inbound const& message) {
    change(peer, message, [&](Fuse& fuse) -> Outcome<void> {
        auto const spoken = fuse.speak(speaker(peer), request.roomId, request.content,
                                       request.metadata.value_or(Json()), message.message_id);
        if (!spoken) {
            return spoken.error();
        }
        // A repeated one is not answered before the first, which is on its way to the disk.
        auto const said = [notice = notice_of(spoken->line, fuse), duplicate = spoken->duplicate,
                           speaker = endpoint_.peer(peer.id()), priority = message.priority,
                           others = endpoint_.to(room_name(request.roomId)).except(peer)] {
            auto const options = in_order(priority, notice.messageId);
            if (!duplicate) {
                others.send("message", notice, options);
                others.send("messageReceived", notice, options);
            }
            speaker.send("messageReceived", notice, options);
        };
        store_.thread().after(said);
        return {};
    });
}

void Hub::task_update(Peer& peer, TaskUpdateRequest const& request, Inbound const& message) {
    TaskPatch patch;
    patch.status = request.status;
    patch.progress = request.progress;
    patch.metadata = request.metadata;
    update(peer, request.taskId, patch, message);
}

void Hub::task_assign(Peer& peer, TaskAssignRequest const& request, Inbound const& message) {
    TaskPatch patch;
    patch.assignee = request.assigneeId;
    patch.priority = request.priority;
    update(peer, request.taskId, patch, message);
}

void Hub::update(Peer& peer, std::string const& task, TaskPatch const& patch,
                 Inbound const& message) {
    change(peer, message, [&](Fuse& fuse) -> Outcome<void> {
        auto change = fuse.update(seat_of(peer).user, task, patch, message.message_id);
        if (!change) {
            return change.error();
        }
        if (change->duplicate) {
            store_.thread().after(
                [to = endpoint_.peer(peer.id()), notice = notice_of(change->task),
                 id = message.message_id] { to.send("taskUpdate", notice, in_order({}, id)); });
        } else {
            announce(*std::move(change));
        }
        return {};
    });
}

void Hub::announce(TaskChange change) {
    store_.thread().after([this, change = std::move(change)] {
        auto const& task = change.task;
        if (change.assigned) {
            endpoint_.to(user_name(*change.assigned))
                .send("taskAssign", TaskAssignNotice{task.id, task.assignee, task.priority},
                      in_order(task.priority));
        }
        auto audience = endpoint_.all();
        for (auto const& user : change.watchers) {
            audience = audience.to(user_name(user));
        }
        if (!change.room.empty()) {
            audience = audience.to(room_name(change.room));
        }
        audience.send("taskUpdate", notice_of(task), in_order(task.priority));
    });
}

void Hub::send_error(Peer& peer, Refusal const& refusal, Inbound const& message) {
    auto details = Json::object();
    if (!message.type.empty()) {
        details.set("type", message.type);
    }
    if (!message.message_id.empty()) {
        details.set("messageId", message.message_id);
    }
    if (!refusal.field.empty()) {
        details.set("field", refusal.field);
    }
    peer.send("error", ErrorNotice{std::to_string(refusal.code), refusal.message, details},
              in_order(high_priority));
}

void Hub::refuse(Peer& peer, Refusal const& refusal, Inbound const& message) {
    send_error(peer, refusal, message);
    auto& seat = seat_of(peer);
    bool const bad = refusal.code == code::invalid_format;
    bool const enough = bad ? ++seat.bad_messages >= bad_messages_before_close
                            : ++seat.refusals >= refusals_before_close;
    if (enough) {
        endpoint_.peer(peer.id()).close(static_cast<std::uint16_t>(refusal.code), "Too many errors",
                                        true);
    }
}

void Hub::reply_error(Peer& peer, common::Invalid const& invalid) {
    if (invalid.fault == Fault::binary) {
        peer.close(unsupported_data, common::fault_text(invalid.fault));
        return;
    }
    refuse(peer, {code::invalid_format, std::string(common::fault_text(invalid.fault)), {}},
           invalid.message);
}

void Hub::flooded(Peer& peer, std::uint32_t refused) {
    if (refused == 1) {
        peer.send(
            "error",
            ErrorNotice{std::to_string(code::rate_limit), "Too many messages", Json::object()},
            {.priority = high_priority, .ordered = true});
    } else if (refused == floods_before_close) {
        peer.close(code::rate_limit, "Rate limit exceeded");
    }
}

HealthNotice Hub::health_notice(std::string status) {
    auto metrics = rules_.with([&](Fuse& fuse) {
        return Json::object({{"rooms", fuse.room_count()}, {"tasks", fuse.task_count()}});
    });
    metrics.set("connections", endpoint_.peers_count());
    constexpr std::int64_t second = 1000;
    metrics.set("uptimeSeconds", (clock_() - started_) / second);
    return {std::move(status), std::move(metrics)};
}

std::string Hub::health_status() const {
    return store_.thread().accepts() ? "healthy" : "degraded";
}

void Hub::tell_health(std::string const& status) {
    endpoint_.all().send("healthUpdate", health_notice(status),
                         {.priority = background, .droppable = true});
}

}  // namespace apps::fuse
