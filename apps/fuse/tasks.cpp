// The rules about tasks.

#include "apps/fuse/fuse.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace apps::fuse {

using socketio::Json;
using socketio::RawJson;

namespace {

constexpr int least_priority = 4;
constexpr double done = 100;

// Of the indices that know a task, about.
constexpr std::size_t bookkeeping_bytes = 1024;

std::string watching_room(Task const& task) {
    auto const metadata = Json::parse(task.metadata.text()).value_or(Json());
    auto const* const room = metadata["roomId"].string();
    return room == nullptr ? std::string() : *room;
}

// About what it takes in memory, which is no more than escaping makes of it in an answer.
std::size_t weight(Task const& task) {
    return sizeof task + task.title.size() + task.description.size() + task.metadata.text().size();
}

template <class T>
void replace(T& value, std::optional<T> const& wish) {
    if (wish) {
        value = *wish;
    }
}

}  // namespace

void Fuse::store(Task const& task) {
    tasks_[task.id] = task;
    task_shares_.put(task.id, {.maker = {task.creator, task.place},
                               .size = weight(task) + bookkeeping_bytes,
                               .worth = task.progress < done ? std::size_t{1} : 0,
                               .time = task.updated});
    tasks_of_[task.creator].insert(task.id);
    if (!task.assignee.empty()) {
        tasks_of_[task.assignee].insert(task.id);
    }
}

// After a change, which stays itself.
void Fuse::trim_tasks(Task const& changed) {
    Maker const maker{changed.creator, changed.place};
    while (!maker.place.empty() && task_shares_.of_place(maker) > limits_.task_bytes_per_place) {
        auto const id = task_shares_.first_to_go_there(maker);
        if (!id || *id == changed.id) {
            break;
        }
        forget_task(*id);
    }
    while (task_shares_.total() > limits_.task_bytes) {
        auto const id = task_shares_.first_to_go(maker);
        if (!id || *id == changed.id) {
            break;
        }
        forget_task(*id);
    }
}

void Fuse::forget_task(std::string const& id) {
    auto const task = tasks_.extract(id);
    for (auto const& user : {task.mapped().creator, task.mapped().assignee}) {
        auto const own = tasks_of_.find(user);
        if (own != tasks_of_.end() && own->second.erase(id) != 0 && own->second.empty()) {
            tasks_of_.erase(own);
        }
    }
    if (auto const made = tasks_made_.find(task.mapped().creator); --made->second == 0) {
        tasks_made_.erase(made);
    }
    task_shares_.erase(id);
    journal_.task_gone(id);
}

Task const* Fuse::find_task(std::string const& id) const {
    auto const found = tasks_.find(id);
    return found == tasks_.end() ? nullptr : &found->second;
}

TaskPage Fuse::tasks_of(std::string const& user, std::string const& before) const {
    auto const later = [](Task const* a, Task const* b) {
        return std::tie(a->created, a->id) > std::tie(b->created, b->id);
    };
    std::vector<Task const*> all;
    if (auto const found = tasks_of_.find(user); found != tasks_of_.end()) {
        for (auto const& id : found->second) {
            all.push_back(&tasks_.at(id));
        }
    }
    std::sort(all.begin(), all.end(), later);
    auto next = all.begin();
    if (!before.empty()) {  // whosesoever it is by now
        auto const* const mark = find_task(before);
        next = mark == nullptr ? all.end() : std::upper_bound(all.begin(), all.end(), mark, later);
    }
    TaskPage page;
    for (std::size_t bytes = 0; next != all.end(); ++next) {
        bytes += weight(**next);
        if (bytes > limits_.listed_task_bytes && !page.tasks.empty()) {
            break;
        }
        page.tasks.push_back(**next);
    }
    page.more = next != all.end();
    std::reverse(page.tasks.begin(), page.tasks.end());
    return page;
}

// Whether one more from somebody else is not too many: of one giver, who must not use up what the
// others may give, and of all.
bool Fuse::takes_task(std::string const& assignee, std::string const& creator) const {
    auto const found = tasks_of_.find(assignee);
    if (found == tasks_of_.end()) {
        return true;
    }
    std::size_t given = 0;
    std::size_t given_by_one = 0;
    for (auto const& id : found->second) {
        auto const& giver = tasks_.at(id).creator;
        given += giver != assignee ? 1 : 0;
        given_by_one += giver == creator ? 1 : 0;
    }
    return given < limits_.tasks_given && given_by_one < limits_.tasks_given_by_one;
}

std::optional<Refusal> Fuse::check(std::string const& user, TaskPatch const& patch,
                                   Task const* present) const {
    if (patch.title && (patch.title->empty() || patch.title->size() > limits_.title_bytes)) {
        return invalid_field("Title is empty or too long", "title");
    }
    if (patch.description && patch.description->size() > limits_.description_bytes) {
        return invalid_field("Description is too long", "description");
    }
    if (patch.status && (patch.status->empty() || patch.status->size() > limits_.status_bytes)) {
        return invalid_field("Status is empty or too long", "status");
    }
    auto const progress = patch.progress.value_or(0);
    if (!std::isfinite(progress) || progress < 0 || progress > done) {
        return invalid_field("Progress is a number from 0 to 100", "progress");
    }
    auto const priority = patch.priority.value_or(0);
    if (priority < 0 || priority > least_priority) {
        return invalid_field("Priority is a number from 0 to 4", "priority");
    }
    if (patch.assignee && !patch.assignee->empty() && users_.count(*patch.assignee) == 0) {
        return invalid_field("There is no such user", "assigneeId");
    }
    auto const& creator = present == nullptr ? user : present->creator;
    bool const given = patch.assignee && *patch.assignee != user && *patch.assignee != creator &&
                       (present == nullptr || *patch.assignee != present->assignee);
    if (given && !takes_task(*patch.assignee, creator)) {
        return Refusal{code::permission_denied, "This user has too many tasks", "assigneeId"};
    }
    return patch.metadata ? check_metadata(user, *patch.metadata) : std::nullopt;
}

// A room's members watch the task, so only one of them may name it.
std::optional<Refusal> Fuse::check_metadata(std::string const& user, Json const& metadata) const {
    auto const& room = metadata["roomId"];
    if (!metadata.is_object() || !(room.is_null() || room.is_string()) ||
        metadata.dump().size() > limits_.metadata_bytes) {
        return invalid_field("Metadata is an object of limited size", "metadata");
    }
    if (room.is_string() && !may_read(user, *room.string())) {
        return Refusal{code::permission_denied, "You are not in that room", "metadata"};
    }
    return std::nullopt;
}

Outcome<TaskChange> Fuse::create(Maker const& maker, TaskPatch const& wish) {
    if (!wish.title) {
        return invalid_field("Title is required", "title");
    }
    if (auto refusal = check(maker.user, wish, nullptr)) {
        return *std::move(refusal);
    }
    auto& made = tasks_made_[maker.user];
    if (made >= limits_.tasks_per_user) {
        return Refusal{code::permission_denied, "Too many tasks"};
    }
    ++made;
    Task task;
    task.id = ids_();
    task.creator = maker.user;
    task.place = maker.place;
    task.created = clock_();
    return change(task, wish);
}

Outcome<TaskChange> Fuse::update(std::string const& user, std::string const& id,
                                 TaskPatch const& patch, std::string const& message_id) {
    auto const found = tasks_.find(id);
    // Strangers do not learn which tasks there are.
    if (found == tasks_.end() ||
        (found->second.creator != user && found->second.assignee != user)) {
        return Refusal{code::permission_denied, "Not your task, or no such task", "taskId"};
    }
    if (auto refusal = check(user, patch, &found->second)) {
        return *std::move(refusal);
    }
    auto const now = clock_();
    bool const duplicate = recent_.knows(user, message_id, now);
    recent_.first_seen(user, message_id, now);
    if (duplicate) {
        TaskChange same;
        same.task = found->second;
        same.duplicate = true;
        return same;
    }
    auto task = found->second;
    return change(task, patch);
}

TaskChange Fuse::change(Task& task, TaskPatch const& patch) {
    auto const before = task.assignee;
    replace(task.title, patch.title);
    replace(task.description, patch.description);
    replace(task.status, patch.status);
    replace(task.priority, patch.priority);
    replace(task.progress, patch.progress);
    replace(task.assignee, patch.assignee);
    if (patch.metadata) {
        task.metadata = RawJson::trusted(patch.metadata->dump());
    }
    task.updated = std::max(task.updated + 1, clock_());
    if (!before.empty() && before != task.assignee && before != task.creator) {
        tasks_of_[before].erase(task.id);
    }
    store(task);
    journal_.task(task);
    trim_tasks(task);
    TaskChange change;
    change.task = task;
    change.room = watching_room(task);
    for (auto const& user : std::set<std::string>{task.creator, task.assignee, before}) {
        if (!user.empty()) {
            change.watchers.push_back(user);
        }
    }
    if (patch.assignee && !task.assignee.empty()) {
        change.assigned = task.assignee;
    }
    return change;
}

}  // namespace apps::fuse
