// The HTTP side of the hub.

#include "apps/fuse/hub.hpp"
#include "apps/store/change.hpp"

#include <utility>

namespace apps::fuse {

using common::Reply;
using common::RestCall;
using common::RestError;
using socketio::Json;

namespace {

TaskAnswer answer_of(Task const& task) {
    return {task.id,
            task.title,
            task.description,
            task.status,
            task.priority,
            task.progress,
            task.assignee.empty() ? Json() : Json(task.assignee),
            task.creator,
            task.metadata,
            task.created,
            task.updated};
}

TaskPatch patch_of(TaskForm const& form) {
    TaskPatch patch;
    patch.title = form.title;
    patch.description = form.description;
    patch.status = form.status;
    patch.assignee = form.assigneeId;
    patch.priority = form.priority;
    patch.progress = form.progress;
    patch.metadata = form.metadata;
    return patch;
}

RestError error_of(Refusal const& refusal) {
    auto details = Json::object();
    if (!refusal.field.empty()) {
        details.set("field", refusal.field);
    }
    switch (refusal.code) {
    case code::permission_denied:
        return {403, "PERMISSION_DENIED", refusal.message, details};
    case code::room_not_found:
        return {404, "ROOM_NOT_FOUND", refusal.message, details};
    default:
        return {400, "VALIDATION_ERROR", refusal.message, details};
    }
}

}  // namespace

// A token may be good and nobody's: of an account that is gone, or of another system with the same
// secret.
std::string Hub::require(RestCall const& call) {
    auto user = accounts_.require(call);
    if (!knows(user)) {
        throw RestError(401, "UNAUTHORIZED", "This account is gone");
    }
    return user;
}

Reply Hub::tasks(RestCall& call, TaskQuery const& query) {
    auto const user = require(call);
    auto const page =
        rules_.with([&](Fuse& fuse) { return fuse.tasks_of(user, query.before.value_or("")); });
    TaskList list;
    list.hasMore = page.more;
    for (auto const& task : page.tasks) {
        list.tasks.push_back(answer_of(task));
    }
    return list;
}

template <class F>
socketio::Task<Reply> Hub::change(RestCall& call, F apply) {
    Maker const maker{require(call), place_of(call.request)};
    return store::change(store_.thread(), rules_,
                         [maker, apply = std::move(apply)](Fuse& rules) mutable -> Reply {
                             return apply(rules, maker);
                         });
}

socketio::Task<Reply> Hub::create_task(RestCall& call, TaskForm form) {
    auto create = [this, patch = patch_of(form)](Fuse& fuse, Maker const& maker) mutable -> Reply {
        auto made = fuse.create(maker, std::exchange(patch, {}));
        if (!made) {
            return error_of(made.error());
        }
        Reply const answer{answer_of(made->task), 201};
        announce(*std::move(made));
        return answer;
    };
    return change(call, std::move(create));
}

socketio::Task<Reply> Hub::change_task(RestCall& call, std::string id, TaskForm form) {
    auto update = [this, id = std::move(id),
                   patch = patch_of(form)](Fuse& fuse, Maker const& maker) mutable -> Reply {
        auto const& user = maker.user;
        auto const* const task = fuse.find_task(id);
        // Strangers do not learn which tasks there are.
        if (task == nullptr || (task->creator != user && task->assignee != user)) {
            return RestError(404, "TASK_NOT_FOUND", "Task not found");
        }
        auto changed = fuse.update(user, id, std::exchange(patch, {}));
        if (!changed) {
            return error_of(changed.error());
        }
        Reply const answer = answer_of(changed->task);
        announce(*std::move(changed));
        return answer;
    };
    return change(call, std::move(update));
}

socketio::Task<Reply> Hub::messages(RestCall& call, std::string room) {
    auto const user = require(call);
    bool const allowed = rules_.with([&](Fuse& fuse) { return fuse.may_read(user, room); });
    if (!allowed) {
        co_return RestError(404, "ROOM_NOT_FOUND", "Room not found");
    }
    auto const lines = co_await store_.messages(room);
    co_return rules_.with([&](Fuse& fuse) {
        MessageList list;
        for (auto const& line : lines) {
            list.messages.push_back(notice_of(line, fuse));
        }
        return list;
    });
}

Reply Hub::health() {
    return health_notice(health_status());
}

}  // namespace apps::fuse
