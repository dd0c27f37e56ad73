#include "apps/fuse/hub.hpp"

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
    std::string user;
    int bad_messages = 0;  // in a row
    int refusals = 0;      // in a row
};

Seat& seat_of(common::Peer& peer) {
    return peer.data<Seat>();
}

Speaker speaker(common::Peer& peer) {
    return {peer.id(), seat_of(peer).user};
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
    MessageNotice notice{line.id,   line.room,    line.sender, rules.name_of(line.sender),
                         line.time, line.content, std::nullopt};
    if (!line.metadata.is_null()) {
        notice.metadata = line.metadata;
    }
    return notice;
}

Hub::Hub(common::JsonEndpoint& endpoint, Fuse rules, auth::Accounts& accounts, FuseStore& store,
         common::Clock clock)
    : endpoint_(endpoint), rules_(std::move(rules)), accounts_(accounts), store_(store),
      clock_(std::move(clock)), started_(clock_()) {
    accounts_.on_new([this](auth::Account const& account, auto const&) {
        rules_.with([&](Fuse& fuse) { fuse.add_user(account.id, account.username); });
    });
    endpoint_.authenticate(
        [&accounts](engineio::net::Request const& request) -> std::optional<Seat> {
            auto user = accounts.user(request.query().get("token"));
            return user ? std::optional(Seat{*std::move(user)}) : std::nullopt;
        },
        {.close_code = code::invalid_authentication, .reason = "Invalid authentication"});
}

void Hub::connected(Peer& peer) {
    peer.join(user_name(seat_of(peer).user));
}

void Hub::disconnected(Peer& peer) {
    rules_.with([&](Fuse& fuse) { fuse.disconnect(peer.id()); });
}

// --- events ------------------------------------------------------------------------------------

void Hub::join_room(Peer& peer, RoomRequest const& request, Inbound const& message) {
    rules_.with([&](Fuse& fuse) {
        auto members = fuse.join(speaker(peer), request.roomId);
        if (!members) {
            return refuse(peer, members.error(), message);
        }
        forgive(peer);
        peer.join(room_name(request.roomId));
        std::map<std::string, std::string> names;
        for (auto const& member : *members) {
            names[member] = fuse.name_of(member);
        }
        peer.send("joinRoom", RoomAnswer{request.roomId, true, *std::move(members), names},
                  in_order(message.priority, message.message_id));
    });
}

void Hub::leave_room(Peer& peer, RoomRequest const& request, Inbound const& message) {
    rules_.with([&](Fuse& fuse) {
        auto const left = fuse.leave(speaker(peer), request.roomId);
        if (!left) {
            return refuse(peer, left.error(), message);
        }
        forgive(peer);
        peer.leave(room_name(request.roomId));
        peer.send("leaveRoom", RoomAnswer{request.roomId, true, std::nullopt, std::nullopt},
                  in_order(message.priority, message.message_id));
    });
}

void Hub::message(Peer& peer, MessageRequest const& request, Inbound const& message) {
    rules_.with([&](Fuse& fuse) {
        auto const spoken = fuse.speak(speaker(peer), request.roomId, request.content,
                                       request.metadata.value_or(Json()), message.message_id);
        if (!spoken) {
            return refuse(peer, spoken.error(), message);
        }
        forgive(peer);
        auto const notice = notice_of(spoken->line, fuse);
        auto const options = in_order(message.priority, notice.messageId);
        if (spoken->duplicate) {
            peer.send("messageReceived", notice, options);
            return;
        }
        auto const room = endpoint_.to(room_name(request.roomId));
        room.except(peer).send("message", notice, options);
        room.send("messageReceived", notice, options);
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
    rules_.with([&](Fuse& fuse) {
        auto const change = fuse.update(seat_of(peer).user, task, patch, message.message_id);
        if (!change) {
            return refuse(peer, change.error(), message);
        }
        forgive(peer);
        if (change->duplicate) {
            peer.send("taskUpdate", notice_of(change->task), in_order({}, message.message_id));
        } else {
            announce(*change);
        }
    });
}

void Hub::announce(TaskChange const& change) {
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
}

void Hub::refuse(Peer& peer, Refusal const& refusal, Inbound const& message) {
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

void Hub::tell_health(std::string const& status) {
    endpoint_.all().send("healthUpdate", health_notice(status),
                         {.priority = background, .droppable = true});
}

}  // namespace apps::fuse
