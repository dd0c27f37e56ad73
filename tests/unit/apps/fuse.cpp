#include "apps/fuse/fuse.hpp"

#include "tests/unit/apps/outcome.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace fuse_test {

using namespace apps::fuse;
using socketio::Json;

namespace {

using Names = std::vector<std::string>;

class MemoryJournal final : public Journal {
public:
    State load() override { return state; }
    void room_made(std::string const& id, Room const& room) override { state.rooms[id] = room; }
    void joined(std::string const& room, std::string const& user) override {
        state.members.emplace_back(room, user);
    }
    void left(std::string const& room, std::string const& user) override {
        std::erase(state.members, std::pair(room, user));
    }
    void room_gone(std::string const& room) override {
        state.rooms.erase(room);
        std::erase_if(state.members, [&](auto const& member) { return member.first == room; });
        std::erase_if(lines, [&](Line const& line) { return line.room == room; });
    }
    void said(Line const& line) override {
        lines.push_back(line);
        ++state.rooms[line.room].messages;
    }
    void task(Task const& task) override {
        std::erase_if(state.tasks, [&](Task const& other) { return other.id == task.id; });
        state.tasks.push_back(task);
    }
    void task_gone(std::string const& id) override {
        std::erase_if(state.tasks, [&](Task const& task) { return task.id == id; });
    }

    State state{{{"u-ana", "ana"}, {"u-ben", "ben"}, {"u-gm", "gm"}}, {}, {}, {}};
    std::vector<Line> lines;
};

struct Table {
    explicit Table(Limits limits = {})
        : fuse(
              journal, [this] { return now; }, [this] { return "id-" + std::to_string(++ids); },
              limits) {}

    std::int64_t now = 1'000;
    int ids = 0;
    MemoryJournal journal;
    Fuse fuse;
    Speaker ana{1, "u-ana"};
    Speaker ben{2, "u-ben"};
};

template <class T>
std::string refusal(Outcome<T> const& outcome) {
    return outcome ? "none" : std::to_string(outcome.error().code) + " " + outcome.error().field;
}

TaskPatch titled(std::string title) {
    TaskPatch patch;
    patch.title = std::move(title);
    return patch;
}

}  // namespace

TEST_CASE("N02: rooms come into being by joining and know who is present") {
    Table table;
    CHECK(*table.fuse.join(table.ana, "r") == Names{"u-ana"});
    CHECK(*table.fuse.join(table.ben, "r") == Names{"u-ana", "u-ben"});
    CHECK(*table.fuse.join(table.ben, "r") == Names{"u-ana", "u-ben"});
    table.fuse.disconnect(table.ben.connection);
    CHECK(*table.fuse.join(table.ana, "r") == Names{"u-ana"});  // no ghosts
    CHECK(table.fuse.leave(table.ana, "r"));
    CHECK(table.fuse.leave(table.ana, "r"));  // no mistake
    CHECK(refusal(table.fuse.leave(table.ana, "nowhere")) == "4003 roomId");
}

TEST_CASE("a user with two connections is present until the last has left") {
    Table table;
    Speaker const second{9, "u-ana"};
    table.fuse.join(table.ana, "r");
    table.fuse.join(second, "r");
    table.fuse.disconnect(table.ana.connection);
    CHECK(*table.fuse.join(table.ben, "r") == Names{"u-ana", "u-ben"});
    CHECK(table.fuse.leave(second, "r"));
    CHECK(*table.fuse.join(table.ben, "r") == Names{"u-ben"});
    CHECK_FALSE(table.fuse.may_read("u-ana", "r"));
}

TEST_CASE("N06: what is wrong with a room or a message has its code") {
    Table table({.content_bytes = 10, .metadata_bytes = 30});
    for (auto const& id : {std::string(), std::string(129, 'x'), std::string("a\nb")}) {
        CHECK(refusal(table.fuse.join(table.ana, id)) == "4002 roomId");
    }
    CHECK(refusal(table.fuse.speak(table.ana, "r", "hi", {}, {})) == "4003 roomId");
    table.fuse.join(table.ben, "r");
    CHECK(refusal(table.fuse.speak(table.ana, "r", "hi", {}, {})) == "4004 roomId");
    table.fuse.join(table.ana, "r");
    CHECK(refusal(table.fuse.speak(table.ana, "r", "", {}, {})) == "4002 content");
    CHECK(refusal(table.fuse.speak(table.ana, "r", "eleven byte", {}, {})) == "4002 content");
    CHECK(refusal(table.fuse.speak(table.ana, "r", "hi", "text", {})) == "4002 metadata");
    CHECK(refusal(table.fuse.speak(table.ana, "r", "hi", Json::object({{"type", 7}}), {})) ==
          "4002 metadata");
    CHECK(refusal(table.fuse.speak(table.ana, "r", "hi",
                                   Json::object({{"a", std::string(30, 'x')}}), {})) ==
          "4002 metadata");
    CHECK(table.journal.lines.empty());
    CHECK(table.fuse.speak(table.ana, "r", "hi", Json::object({{"type", "file"}}), {}));
}

TEST_CASE("N06: a message id of the same sender is said once within the window") {
    Table table;
    table.fuse.join(table.ana, "r");
    table.fuse.join(table.ben, "r");
    auto const first = *table.fuse.speak(table.ana, "r", "hi", {}, "m");
    CHECK(first.line.id == "m");
    CHECK_FALSE(first.duplicate);
    table.now += RecentIds::window - 1;
    auto const again = *table.fuse.speak(table.ana, "r", "hi", {}, "m");
    CHECK(again.duplicate);
    CHECK(again.line.time == first.line.time);
    CHECK_FALSE(table.fuse.speak(table.ben, "r", "hi", {}, "m")->duplicate);
    table.now += 1;
    CHECK_FALSE(table.fuse.speak(table.ana, "r", "hi", {}, "m")->duplicate);
    CHECK_FALSE(table.fuse.speak(table.ana, "r", "hi", {}, {})->duplicate);
    CHECK_FALSE(table.fuse.speak(table.ana, "r", "hi", {}, {})->duplicate);
    CHECK(table.journal.lines.size() == 5);
}

TEST_CASE("what users can make the server keep is bounded") {
    Table table({.rooms_per_user = 2, .rooms_per_connection = 3, .tasks_per_user = 1});
    CHECK(table.fuse.join(table.ana, "a"));
    CHECK(table.fuse.join(table.ana, "b"));
    CHECK(refusal(table.fuse.join(table.ana, "c")) == "4004 roomId");
    CHECK(table.fuse.join(table.ben, "c"));
    CHECK(table.fuse.join(table.ana, "c"));
    table.fuse.join(table.ben, "d");
    CHECK(refusal(table.fuse.join(table.ana, "d")) == "4004 roomId");
    CHECK(table.fuse.create({"u-ana"}, titled("one")));
    CHECK(refusal(table.fuse.create({"u-ana"}, titled("two"))) == "4004 ");
    RecentIds ids;
    for (std::size_t i = 0; i < RecentIds::max_ids + 10; ++i) {
        ids.first_seen("u", std::to_string(i), 1);
    }
    CHECK(ids.size() == RecentIds::max_ids);
    CHECK_FALSE(ids.knows("u", "0", 1));
    CHECK(ids.knows("u", "100", 1));
}

TEST_CASE("N02: a room that its last member leaves is gone, and counts no more") {
    Table table({.rooms = 1, .rooms_per_user = 1});
    Speaker const elsewhere{9, "u-ana"};
    table.fuse.join(table.ana, "r");
    table.fuse.join(elsewhere, "r");
    table.fuse.join(table.ben, "r");
    table.fuse.speak(table.ana, "r", "hi", {}, {});
    table.fuse.leave(table.ana, "r");
    table.fuse.disconnect(elsewhere.connection);  // and is still a member
    table.fuse.leave(table.ben, "r");
    CHECK(table.journal.lines.size() == 1);
    CHECK(refusal(table.fuse.join(table.ana, "s")) == "4004 roomId");
    table.fuse.leave(table.ana, "r");
    CHECK(table.fuse.room_count() == 0);
    CHECK(table.journal.lines.empty());
    CHECK(table.fuse.join(table.ana, "s"));
    // One that was left before this was so does not come back.
    table.journal.state.members.clear();
    Fuse const again(
        table.journal, [] { return 9; }, [] { return "x"; });
    CHECK(again.room_count() == 0);
    CHECK(table.journal.state.rooms.empty());
}

TEST_CASE("N02: at the limit of all rooms one with nobody present gives way, of who has most") {
    Table table({.rooms = 4});
    Speaker const mallory{7, "u-mallory", "bad"};
    Speaker const friendly{8, "u-ben", "good"};
    table.fuse.join(friendly, "ben's");
    table.fuse.disconnect(friendly.connection);
    for (auto const* room : {"m-1", "m-2", "m-3"}) {
        ++table.now;
        table.fuse.join(mallory, room);
        table.fuse.speak(mallory, room, "hi", {}, {});
    }
    CHECK(refusal(table.fuse.join(mallory, "m-4")) == "4004 roomId");  // at nobody else's cost
    table.fuse.speak(mallory, "m-1", "and more", {}, {});
    table.fuse.disconnect(mallory.connection);
    CHECK(table.fuse.join(table.ana, "ana's"));  // m-2, as of m-2 and m-3 it is the older one
    CHECK(table.fuse.room_count() == 4);
    CHECK(table.fuse.may_read("u-ben", "ben's"));
    CHECK_FALSE(table.fuse.may_read("u-mallory", "m-2"));
    CHECK(table.fuse.join(mallory, "m-4"));
    CHECK_FALSE(table.fuse.may_read("u-mallory", "m-3"));
    CHECK(table.fuse.may_read("u-mallory", "m-1"));
    CHECK(table.journal.state.rooms.size() == 4);
    CHECK(std::all_of(table.journal.lines.begin(), table.journal.lines.end(),
                      [](Line const& line) { return line.room == "m-1"; }));
}

TEST_CASE("N02: nobody closes the making of rooms for good, at one address or after a restart") {
    Limits const limits{.rooms = 30, .rooms_per_place = 20, .rooms_per_user = 10};
    Table table(limits);
    std::uint64_t connection = 100;
    int made = 0;
    for (int account = 0; account < 4; ++account) {
        for (int i = 0; i < 10; ++i) {
            Speaker const who{++connection, "u-" + std::to_string(account), "home"};
            made += table.fuse.join(who, std::to_string(connection)) ? 1 : 0;
            table.fuse.disconnect(connection);
        }
    }
    CHECK(made == 40);
    CHECK(table.fuse.room_count() == 20);
    CHECK(table.fuse.join({1, "u-ana", "home"}, "ana's"));  // of the same house
    CHECK(table.fuse.join({2, "u-ben", "work"}, "ben's"));
    CHECK(table.fuse.room_count() == 21);
    Fuse again(
        table.journal, [] { return 9; }, [] { return "x"; }, limits);
    CHECK(again.room_count() == 21);
    for (int i = 0; i < 10; ++i) {
        again.join({1, "u-gm", "home"}, "r" + std::to_string(i));
        again.join({2, "u-ben", "work"}, "s" + std::to_string(i));
    }
    CHECK(again.room_count() == 30);  // of ben 9 more, and of that house no more than before
    CHECK(again.may_read("u-ben", "ben's"));
    CHECK(again.may_read("u-ana", "ana's"));  // who has the least of the house
}

TEST_CASE("N02: rooms that somebody is in stay, whatever others want") {
    Table table({.rooms = 3, .rooms_per_place = 2});
    CHECK(table.fuse.join({1, "u-ana", "home"}, "a"));
    CHECK(table.fuse.join({1, "u-ana", "home"}, "b"));
    CHECK(refusal(table.fuse.join({2, "u-ben", "home"}, "c")) == "4004 roomId");
    CHECK(table.fuse.join({3, "u-gm"}, "c"));  // nowhere: no such share
    CHECK(refusal(table.fuse.join({4, "u-x"}, "d")) == "4004 roomId");
    CHECK(table.fuse.room_count() == 3);
    CHECK(table.fuse.leave({1, "u-ana", "home"}, "a"));
    CHECK(table.fuse.join({2, "u-ben", "home"}, "c2"));
}

TEST_CASE("N02: one is a member of so many rooms, until one leaves some or they go") {
    Table table({.rooms = 4, .rooms_per_member = 2});
    table.fuse.join(table.ana, "a");
    table.fuse.disconnect(table.ana.connection);
    table.fuse.join(table.ana, "b");
    CHECK(refusal(table.fuse.join(table.ana, "c")) == "4004 roomId");
    CHECK(table.fuse.room_count() == 2);  // none was made for it
    CHECK(table.fuse.join(table.ana, "a"));
    CHECK(table.fuse.leave(table.ana, "a"));
    CHECK(table.fuse.join(table.ana, "c"));
    Fuse again(
        table.journal, [] { return 9; }, [] { return "x"; }, {.rooms = 2, .rooms_per_member = 2});
    CHECK(refusal(again.join(table.ana, "d")) == "4004 roomId");
    CHECK(again.join(table.ben, "d"));  // in place of "b"
    CHECK_FALSE(again.may_read("u-ana", "b"));
    CHECK(again.leave(table.ben, "d"));
    CHECK(again.join(table.ana, "d"));
}

TEST_CASE("N03: of too many tasks the oldest go, finished ones first, of who has the most") {
    TaskPatch large = titled("large");
    large.description = std::string(10'000, 'x');
    Table table({.task_bytes = 60'000, .task_bytes_per_place = 40'000});
    auto const make = [&](std::string const& user, std::string const& place) {
        ++table.now;
        return table.fuse.create({user, place}, large)->task.id;
    };
    auto const exists = [&](std::string const& id) { return table.fuse.find_task(id) != nullptr; };
    auto const first = make("u-ana", "home");
    auto const second = make("u-ana", "home");
    make("u-ben", "home");
    TaskPatch done;
    done.progress = 100;
    table.fuse.update("u-ana", second, done);
    make("u-ana", "home");  // the fourth of that house
    CHECK_FALSE(exists(second));
    CHECK(exists(first));
    make("u-ben", "home");
    CHECK(table.fuse.task_count() == 3);
    auto const elsewhere = make("u-gm", "work");
    make("u-gm", "work");
    CHECK(table.fuse.task_count() == 5);
    make("u-new", "road");
    CHECK(table.fuse.task_count() == 5);
    CHECK(exists(elsewhere));
    CHECK(table.journal.state.tasks.size() == 5);
    CHECK(table.fuse.tasks_of("u-ana").tasks.size() + table.fuse.tasks_of("u-ben").tasks.size() ==
          2);

    Fuse again(
        table.journal, [] { return 9; }, [] { return "x"; },
        {.task_bytes = 60'000, .task_bytes_per_place = 40'000});
    CHECK(again.create({"u-new", "road"}, large));
    CHECK(again.task_count() == 5);
    CHECK(table.journal.state.tasks.size() == 5);
}

TEST_CASE("what a client adds to a task or a message takes no more memory than its text") {
    auto const nested = "{\"a\":" + std::string(60, '[') + std::string(60, ']') + "}";
    Table table({.metadata_bytes = nested.size()});
    table.fuse.join(table.ana, "r");
    auto patch = titled("t");
    patch.metadata = Json::parse(nested);
    auto const made = table.fuse.create({"u-ana"}, patch)->task;
    CHECK(made.metadata.text() == nested);
    CHECK(table.fuse.speak(table.ana, "r", "hi", *patch.metadata, {})->line.metadata->text() ==
          nested);
    CHECK_FALSE(table.fuse.speak(table.ana, "r", "hi", {}, {})->line.metadata);
    patch.metadata->set("b", 1);
    CHECK(refusal(table.fuse.create({"u-ana"}, patch)) == "4002 metadata");
    CHECK(refusal(table.fuse.speak(table.ana, "r", "hi", *patch.metadata, {})) == "4002 metadata");
}

TEST_CASE("shares: what is in use stays, and who has less is not made to give way") {
    Shares shares;
    CHECK_FALSE(shares.first_to_go({"u", "p"}));
    shares.put("1", {.maker = {"u", "p"}, .size = 3, .worth = 1, .time = 5});
    shares.put("2", {.maker = {"u", "p"}, .size = 3, .worth = 1, .time = 4});
    shares.put("3", {.maker = {"v", "p"}, .size = 1, .time = 1});
    shares.put("4", {.maker = {"w", "q"}, .size = 6});
    CHECK(shares.total() == 13);
    CHECK(shares.of_place({"x", "p"}) == 7);
    CHECK(shares.of_place({"x", "nowhere"}) == 0);
    CHECK(shares.first_to_go({"x", "q"}) == "2");
    shares.put("2", {.maker = {"u", "p"}, .size = 3, .may_go = false});
    CHECK(shares.first_to_go({"x", "q"}) == "1");
    shares.erase("1");
    CHECK(shares.first_to_go({"v", "p"}) == "4");
    CHECK(shares.first_to_go_there({"v", "p"}) == "3");
    CHECK_FALSE(shares.first_to_go_there({"u", "p"}));  // who has 3, and v only 1
    shares.erase("4");
    shares.erase("4");
    CHECK(shares.first_to_go({"w", ""}) == "3");
    shares.put("5", {.maker = {"w"}, .size = 5, .may_go = false});
    CHECK_FALSE(shares.first_to_go({"w"}));
    for (auto const* id : {"2", "3", "5"}) {
        shares.erase(id);
    }
    CHECK(shares.total() == 0);
}

TEST_CASE("N03: nobody is given more tasks than so many by others") {
    Table table({.tasks_given = 2});
    TaskPatch assign = titled("do this");
    assign.assignee = "u-ben";
    auto const first = table.fuse.create({"u-ana"}, assign)->task.id;
    auto const second = table.fuse.create({"u-gm"}, titled("and this"))->task.id;
    CHECK(table.fuse.update("u-gm", second, assign));
    CHECK(table.fuse.update("u-gm", second, assign));  // whose it is already
    CHECK(refusal(table.fuse.create({"u-ana"}, assign)) == "4004 assigneeId");
    auto const third = table.fuse.create({"u-ana"}, titled("or this"))->task.id;
    CHECK(refusal(table.fuse.update("u-ana", third, assign)) == "4004 assigneeId");
    CHECK(table.fuse.create({"u-ben"}, assign));  // for oneself
    assign.assignee = "u-gm";
    CHECK(table.fuse.update("u-ben", first, assign));
    assign.assignee = "u-ben";
    CHECK(table.fuse.update("u-ana", third, assign));
}

TEST_CASE("N03: nobody uses up the tasks that others may give somebody") {
    Table table({.tasks_given_by_one = 2});
    TaskPatch assign = titled("do this");
    assign.assignee = "u-ben";
    CHECK(table.fuse.create({"u-ana"}, assign));
    auto const second = table.fuse.create({"u-ana"}, assign)->task.id;
    CHECK(refusal(table.fuse.create({"u-ana"}, assign)) == "4004 assigneeId");
    CHECK(table.fuse.create({"u-gm"}, assign));
    assign.assignee = "u-gm";
    CHECK(table.fuse.update("u-ben", second, assign));
    assign.assignee = "u-ben";
    CHECK(table.fuse.create({"u-ana"}, assign));
    CHECK(refusal(table.fuse.update("u-gm", second, assign)) == "4004 assigneeId");
}

TEST_CASE("N03: creator and assignee may change a task, and its watchers hear of it") {
    Table table;
    auto const task = table.fuse.create({"u-ana"}, titled("write"))->task;
    CHECK(task.status == "pending");
    CHECK(task.priority == 2);
    TaskPatch done;
    done.status = "done";
    done.progress = 100;
    CHECK(refusal(table.fuse.update("u-ben", task.id, done)) == "4004 taskId");
    CHECK(refusal(table.fuse.update("u-ana", "no-task", done)) == "4004 taskId");
    TaskPatch assign;
    assign.assignee = "u-ben";
    assign.priority = 0;
    auto const assigned = *table.fuse.update("u-ana", task.id, assign);
    CHECK(assigned.assigned == "u-ben");
    CHECK(assigned.watchers == Names{"u-ana", "u-ben"});
    CHECK(table.fuse.update("u-ben", task.id, done)->task.progress == 100);
    CHECK(table.fuse.tasks_of("u-ben").tasks.size() == 1);
    assign.assignee = "u-gm";
    auto const passed_on = *table.fuse.update("u-ben", task.id, assign);
    CHECK(passed_on.watchers == Names{"u-ana", "u-ben", "u-gm"});
    CHECK(table.fuse.tasks_of("u-ben").tasks.empty());
    CHECK(refusal(table.fuse.update("u-ben", task.id, done)) == "4004 taskId");
    CHECK(table.journal.state.tasks.size() == 1);
}

TEST_CASE("tasks are listed from the latest, as many as one answer may hold") {
    Limits limits;
    limits.listed_task_bytes = 10'000;
    Table table(limits);
    Names made;
    for (int i = 0; i < 7; ++i) {
        table.now += i % 2;  // some at the same time
        auto patch = titled("task");
        patch.description = std::string(4'000, 'x');
        made.push_back(table.fuse.create({"u-ana"}, patch)->task.id);
    }
    auto const ids = [](TaskPage const& page) {
        Names names;
        for (auto const& task : page.tasks) {
            names.push_back(task.id);
        }
        return names;
    };
    auto page = table.fuse.tasks_of("u-ana");
    CHECK(ids(page) == Names(made.end() - 2, made.end()));
    CHECK(page.more);
    for (auto end = made.end() - 2; page.more; end -= 2) {
        page = table.fuse.tasks_of("u-ana", page.tasks.front().id);
        CHECK(ids(page) == Names(end == made.begin() + 1 ? made.begin() : end - 2, end));
    }
    CHECK(ids(page) == Names{made.front()});
    CHECK(table.fuse.tasks_of("u-ana", made.front()).tasks.empty());
    CHECK(table.fuse.tasks_of("u-ana", "none").tasks.empty());

    auto patch = titled("large");  // alone it may be larger than an answer
    patch.description = std::string(10'000, 'x');
    auto const large = table.fuse.create({"u-ben"}, patch)->task.id;
    CHECK(ids(table.fuse.tasks_of("u-ben")) == Names{large});
    CHECK(!table.fuse.tasks_of("u-ben").more);
}

TEST_CASE("N03: a task's room watches, and only its members may name it") {
    Table table;
    auto patch = titled("plan");
    patch.metadata = Json::object({{"roomId", "r"}});
    CHECK(refusal(table.fuse.create({"u-ana"}, patch)) == "4004 metadata");
    table.fuse.join(table.ana, "r");
    auto const made = *table.fuse.create({"u-ana"}, patch);
    CHECK(made.room == "r");
    CHECK(table.fuse.update("u-ana", made.task.id, titled("plan b"))->room == "r");
}

TEST_CASE("N03: bad fields of a task change nothing") {
    Table table;
    auto const id = table.fuse.create({"u-ana"}, titled("write"))->task.id;
    auto const refused = [&](auto member, auto value) {
        TaskPatch patch;
        patch.*member = value;
        return refusal(table.fuse.update("u-ana", id, patch));
    };
    CHECK(refused(&TaskPatch::title, "") == "4002 title");
    CHECK(refused(&TaskPatch::status, "") == "4002 status");
    CHECK(refused(&TaskPatch::status, std::string(65, 'x')) == "4002 status");
    CHECK(refused(&TaskPatch::progress, -1) == "4002 progress");
    CHECK(refused(&TaskPatch::progress, 100.5) == "4002 progress");
    CHECK(refused(&TaskPatch::progress, std::nan("")) == "4002 progress");
    CHECK(refused(&TaskPatch::priority, 5) == "4002 priority");
    CHECK(refused(&TaskPatch::assignee, "u-nobody") == "4002 assigneeId");
    CHECK(refused(&TaskPatch::metadata, Json("text")) == "4002 metadata");
    CHECK(refused(&TaskPatch::metadata, Json::object({{"roomId", 1}})) == "4002 metadata");
    CHECK(refusal(table.fuse.create({"u-ana"}, {})) == "4002 title");
    CHECK(table.fuse.find_task(id)->updated == table.journal.state.tasks.front().updated);
    CHECK(table.fuse.find_task(id)->status == "pending");
}

TEST_CASE("N06: a repeated update is not made again") {
    Table table;
    auto const id = table.fuse.create({"u-ana"}, titled("write"))->task.id;
    TaskPatch patch;
    patch.progress = 10;
    CHECK_FALSE(table.fuse.update("u-ana", id, patch, "m")->duplicate);
    patch.progress = 20;
    auto const again = *table.fuse.update("u-ana", id, patch, "m");
    CHECK(again.duplicate);
    CHECK(again.task.progress == 10);
}

TEST_CASE("F03: rooms, members and tasks are there after a restart; presence is not") {
    Table table;
    table.fuse.join(table.ana, "r");
    table.fuse.join(table.ben, "r");
    table.fuse.join(table.ben, "s");
    table.fuse.leave(table.ben, "s");
    auto const id = table.fuse.create({"u-ana"}, titled("write"))->task.id;
    Fuse again(
        table.journal, [] { return 9; }, [] { return "x"; });
    CHECK(again.room_count() == 1);
    CHECK(again.may_read("u-ben", "r"));
    CHECK_FALSE(again.may_read("u-ben", "s"));
    CHECK(again.find_task(id)->title == "write");
    CHECK(*again.join(table.ben, "r") == Names{"u-ben"});
    again.add_user("u-new", "new");
    CHECK(again.name_of("u-new") == "new");
    CHECK(again.name_of("u-ben") == "ben");
    CHECK(again.name_of("u-nobody").empty());
}

}  // namespace fuse_test
