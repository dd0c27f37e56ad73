#include "apps/fuse/fuse_store.hpp"

#include "apps/store/migrations.hpp"
#include "fuse_schema.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>

namespace fuse_store_test {

using namespace apps::fuse;
using socketio::RawJson;

TEST_CASE("F03: what the rules tell is there when they are loaded again") {
    apps::store::StoreThread thread(":memory:");
    migrate(thread.database(), schema);
    FuseStore store(thread);
    store.room_made("r", {{"u-ana", "home"}, 5, 0});
    store.room_made("gone", {{"u-ana", ""}, 6, 0});
    store.joined("r", "u-ana");
    store.said({"m-1", "r", "u-ana", "hi", RawJson::trusted(R"({"a":[[]]})"), 7});
    store.said({"m-2", "r", "u-ana", "ho", std::nullopt, 8});
    store.room_gone("gone");
    Task task;
    task.id = "t";
    task.creator = "u-ana";
    task.place = "home";
    task.metadata = RawJson::trusted(R"({"roomId":"r"})");
    store.task(task);
    task.id = "t-gone";
    store.task(task);
    store.task_gone(task.id);
    thread.start();
    thread.stop();
    auto const state = store.load();
    CHECK(state.rooms.size() == 1);
    auto const& room = state.rooms.at("r");
    CHECK(room.maker.user == "u-ana");
    CHECK(room.maker.place == "home");
    CHECK(room.created == 5);
    CHECK(room.messages == 2);
    CHECK(state.members.size() == 1);
    CHECK(state.tasks.size() == 1);
    CHECK(state.tasks.front().id == "t");
    CHECK(state.tasks.front().place == "home");
    CHECK(state.tasks.front().metadata == task.metadata);
}

TEST_CASE("F03: rooms and tasks of before there were shares are there, made nowhere") {
    apps::store::StoreThread thread(":memory:");
    auto& db = thread.database();
    migrate(db, {"fuse", std::span(schema_steps).first(2)});
    db.script("INSERT INTO fuse_rooms VALUES ('r', 'u-ana', 5), ('quiet', 'u-ben', 6);"
              "INSERT INTO fuse_messages (room_id, message_id, sender_id, content, metadata, time)"
              " VALUES ('r', 'm', 'u-ana', 'hi', 'null', 7), ('r', 'n', 'u-ana', 'ho', '{}', 8);"
              "INSERT INTO fuse_tasks VALUES"
              " ('t', 'write', '', 'pending', 2, 0, NULL, 'u-ana', 'no JSON', 1, 2)");
    migrate(db, schema);
    auto const state = FuseStore(thread).load();
    CHECK(state.rooms.at("r").messages == 2);
    CHECK(state.rooms.at("quiet").messages == 0);
    CHECK(state.rooms.at("quiet").maker.user == "u-ben");
    CHECK(state.rooms.at("quiet").maker.place.empty());
    CHECK(state.tasks.front().metadata.text() == "{}");
    CHECK(state.tasks.front().title == "write");
}

}  // namespace fuse_store_test
