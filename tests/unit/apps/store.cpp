#include "apps/common/worker.hpp"
#include "apps/store/migrations.hpp"
#include "apps/store/store_thread.hpp"

#include "socketio/task.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>

namespace store_test {

using namespace apps::store;
using namespace std::chrono_literals;
using engineio::net::Shard;

namespace {

constexpr std::array<std::string_view, 2> steps = {
    "CREATE TABLE test_names (name TEXT PRIMARY KEY);",
    "ALTER TABLE test_names ADD COLUMN age INTEGER NOT NULL DEFAULT 7;"};

// A file of its own below the build's temporary folder, gone afterwards.
struct File {
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() /
        ("hubbub-store-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + "-" +
         std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
    File() { std::filesystem::create_directories(folder); }
    ~File() { std::filesystem::remove_all(folder); }
    std::string path() const { return (folder / "hubbub.db").string(); }
};

StoreError::Kind kind_of(std::function<void()> const& action) {
    try {
        action();
    } catch (StoreError const& error) {
        return error.kind;
    }
    FAIL("no StoreError");
    return StoreError::Kind::other;
}

std::int64_t names(Database& database) {
    auto query = database.query("SELECT count(*) FROM test_names");
    query.step();
    return query.integer(0);
}

auto adding(std::string name) {
    return [name](Database& d) { d.run("INSERT INTO test_names VALUES (?, 1)", name); };
}

// A store whose file somebody else may hold, and what its announcements said.
struct Shop {
    explicit Shop(StoreThread::Waits waits = {1ms, 1ms}) : store(file.path(), waits) {
        migrate(store.database(), {"test", steps});
        store.start();
    }
    void hold() { other.script("BEGIN IMMEDIATE"); }
    void let_go() { other.script("ROLLBACK"); }
    void change(std::string const& name) {
        store.tell("add", adding(name));
        store.after([this, name] { heard += name; });
    }
    void until_accepting(bool wanted) {
        while (store.accepts() != wanted) {
            std::this_thread::yield();
        }
    }

    File const file;
    std::string heard;  // the store's, until it has stopped
    StoreThread store;
    Database other{file.path()};
};

// Takes the turns of a shard on this thread, woken by the store's.
class Loop final : public Shard {
public:
    Loop() : Shard(0, {}) {}
    void wake() override {
        awake_ = true;
        awake_.notify_one();
    }
    void run_until(std::function<bool()> const& done) {
        while (!done()) {
            awake_.wait(false);
            awake_ = false;
            Turn const turn(*this, {});
            run_posted();
        }
    }

private:
    std::atomic<bool> awake_ = false;
};

}  // namespace

TEST_CASE("values come back as they were bound") {
    Database database(":memory:");
    database.script("CREATE TABLE t (i, r, s, n, b)");
    std::string const text("a\0\xC3\xA9", 4);
    database.run("INSERT INTO t VALUES (?, ?, ?, ?, ?)", 42, 0.1, text, std::optional<int>(), true);
    auto query = database.query("SELECT * FROM t WHERE s = ?");
    query.bind(text);
    REQUIRE(query.step());
    CHECK(query.integer(0) == 42);
    CHECK(query.real(1) == 0.1);
    CHECK(query.text(2) == text);
    CHECK_FALSE(query.optional_text(3));
    CHECK(query.flag(4));
    CHECK_FALSE(query.step());
}

TEST_CASE("migrations run once, in order, and refuse a newer database") {
    File const file;
    {
        Database database(file.path());
        migrate(database, {"test", std::span(steps).first(1)});
        database.run("INSERT INTO test_names VALUES ('ana')");
        migrate(database, {"test", steps});
    }
    Database database(file.path());
    migrate(database, {"test", steps});
    auto query = database.query("SELECT age FROM test_names WHERE name = 'ana'");
    REQUIRE(query.step());
    CHECK(query.integer(0) == 7);
    CHECK(kind_of([&] {
              migrate(database, {"test", std::span(steps).first(1)});
          }) == StoreError::Kind::unusable);
}

TEST_CASE("a migration that fails leaves nothing behind") {
    Database database(":memory:");
    constexpr std::array<std::string_view, 1> broken = {"CREATE TABLE a (x); CREATE TABEL b (x);"};
    CHECK_THROWS_AS(migrate(database, {"test", broken}), StoreError);
    CHECK_FALSE(database.query("SELECT 1 FROM sqlite_master WHERE name = 'a'").step());
}

TEST_CASE("mistakes have a kind and words for the operator") {
    File const file;
    CHECK(kind_of([&] { Database(file.folder.string()); }) == StoreError::Kind::unusable);
    std::ofstream(file.path()) << "this is no database, however long it may be";
    CHECK(kind_of([&] { Database(file.path()); }) == StoreError::Kind::unusable);
    Database database(":memory:");
    migrate(database, {"test", steps});
    database.run("INSERT INTO test_names VALUES ('ana', 1)");
    CHECK(kind_of([&] { database.run("INSERT INTO test_names VALUES ('ana', 2)"); }) ==
          StoreError::Kind::conflict);
    CHECK(kind_of([&] { database.run("SELEC 1"); }) == StoreError::Kind::other);
    database.script("PRAGMA max_page_count = 4");
    CHECK(kind_of([&] { database.run("INSERT INTO test_names VALUES (zeroblob(100000), 1)"); }) ==
          StoreError::Kind::full);
}

TEST_CASE("a journal that has grown shrinks again") {
    File const file;
    Database database(file.path());
    database.script("CREATE TABLE t (b)");
    database.run("INSERT INTO t VALUES (zeroblob(40000000))");
    auto const journal = [&] { return std::filesystem::file_size(file.path() + "-wal"); };
    CHECK(journal() > 40'000'000);
    database.run("INSERT INTO t VALUES (1)");
    CHECK(journal() <= 16 * 1024 * 1024);
}

TEST_CASE("jobs run in order, and one that throws leaves no trace") {
    StoreThread store(":memory:");
    migrate(store.database(), {"test", steps});
    store.start();
    store.tell("add", [](Database& d) { d.run("INSERT INTO test_names VALUES ('ana', 1)"); });
    CHECK_THROWS_AS(store.wait([](Database& d) -> int {
        d.run("INSERT INTO test_names VALUES ('ben', 1)");
        throw std::runtime_error("changed my mind");
    }),
                    std::runtime_error);
    CHECK(store.wait(names) == 1);
    store.stop();
    CHECK(kind_of([&] { store.wait(names); }) == StoreError::Kind::closed);
}

TEST_CASE("jobs that read much do not wait together with what they read") {
    StoreThread store(":memory:");
    constexpr std::size_t jobs = 20;
    auto const held = std::make_shared<int>();  // by each job that waits, or waits for its commit
    std::size_t ran = 0;
    std::size_t most = 0;
    for (std::size_t i = 0; i < jobs; ++i) {
        store.tell("read", [&, held](Database& database) {
            auto const left = static_cast<std::size_t>(held.use_count()) - 1;
            most = std::max(most, left + ran++ - jobs);
            auto query = database.query("SELECT printf('%.*c', 1000000, 'x')");
            CHECK(query.step());
            CHECK(query.text(0).size() == 1'000'000);
        });
    }
    store.start();
    store.stop();
    CHECK(ran == jobs);
    CHECK(most <= 4);  // MiB
}

TEST_CASE("a transaction that cannot be kept is refused to all who took part") {
    StoreThread store(":memory:");
    migrate(store.database(), {"test", steps});
    store.database().script("PRAGMA max_page_count = 4");
    store.start();
    CHECK(kind_of([&] {
              store.wait([](Database& d) {
                  d.run("INSERT INTO test_names VALUES (zeroblob(100000), 1)");
              });
          }) == StoreError::Kind::full);
    CHECK(store.wait(names) == 0);  // and life goes on
}

TEST_CASE("a full disk takes back what shared its transaction, and is forgotten with space") {
    File const file;
    StoreThread store(file.path());
    migrate(store.database(), {"test", steps});
    auto const add = [](std::string name) {
        return [name](Database& d) { d.run("INSERT INTO test_names VALUES (?, 1)", name); };
    };
    store.start();
    store.wait(add("before"));
    store.wait([](Database& d) { d.script("PRAGMA max_page_count = 8"); });
    int lost = 0;
    for (int i = 0; i < 40; ++i) {
        try {
            store.wait(add(std::to_string(i) + std::string(1000, 'x')));
        } catch (StoreError const& error) {
            CHECK(error.kind == StoreError::Kind::full);
            ++lost;
        }
    }
    CHECK(lost > 20);
    CHECK(store.wait(names) == 41 - lost);  // reading goes on
    store.wait([](Database& d) { d.script("PRAGMA max_page_count = 1000"); });
    store.wait(add("after"));
    CHECK(store.wait(names) == 42 - lost);
}

TEST_CASE("a database that somebody else holds is refused as busy until they let it go") {
    File const file;
    StoreThread store(file.path(), {1ms, 1ms});
    migrate(store.database(), {"test", steps});
    store.start();
    auto const add = [](Database& d) { d.run("INSERT INTO test_names VALUES ('ana', 1)"); };
    {
        Database other(file.path());
        other.script("BEGIN IMMEDIATE");
        CHECK(kind_of([&] { store.wait(add); }) == StoreError::Kind::busy);
        CHECK(kind_of([&] { store.wait(names); }) == StoreError::Kind::busy);
    }
    store.wait(add);
    CHECK(store.wait(names) == 1);
}

TEST_CASE("more jobs than may wait are refused, but no change that is made already") {
    StoreThread store(":memory:");  // not started: nothing is done
    std::size_t done = 0;
    for (std::size_t i = 0; i < StoreThread::max_waiting; ++i) {
        CHECK(store.accepts());
        store.tell("fill", [&](Database&) { ++done; });
    }
    CHECK_FALSE(store.accepts());
    CHECK(kind_of([&] { store.require(); }) == StoreError::Kind::overloaded);
    CHECK(kind_of([&] { store.wait([](Database&) {}); }) == StoreError::Kind::overloaded);
    store.tell("one more", [&](Database&) { ++done; });
    store.start();
    store.stop();
    CHECK(done == StoreThread::max_waiting + 1);
}

TEST_CASE("what waits is written before the store stops, and is there at the next start") {
    File const file;
    {
        StoreThread store(file.path());
        migrate(store.database(), {"test", steps});
        store.start();
        for (int i = 0; i < 600; ++i) {
            store.tell("add", [i](Database& database) {
                database.run("INSERT INTO test_names VALUES (?, 1)", std::to_string(i));
            });
        }
    }
    Database database(file.path());
    CHECK(names(database) == 600);
}

TEST_CASE("a coroutine gets the answer on its own thread") {
    StoreThread store(":memory:");
    migrate(store.database(), {"test", steps});
    store.start();
    Loop loop;
    auto const here = std::this_thread::get_id();
    std::thread::id worked;
    std::thread::id resumed;
    std::string error;
    bool done = false;
    auto const task = [&]() -> socketio::Task<void> {
        worked = co_await store.ask([](Database&) { return std::this_thread::get_id(); });
        resumed = std::this_thread::get_id();
        try {
            co_await store.ask([](Database& database) { database.run("SELEC"); });
        } catch (StoreError const& caught) {
            error = caught.what();
        }
        done = true;
    };
    {
        Shard::Turn const turn(loop, {});
        socketio::spawn(task());
    }
    loop.run_until([&] { return done; });
    CHECK(worked != here);
    CHECK(resumed == here);
    CHECK(error.find("syntax error") != std::string::npos);
}

TEST_CASE("what cannot be stored yet is tried again in order, and told of only then") {
    Shop shop;
    shop.hold();
    shop.change("a");
    shop.change("b");
    shop.until_accepting(false);
    CHECK(kind_of([&] { shop.store.require(); }) == StoreError::Kind::busy);
    CHECK(kind_of([&] { shop.store.wait(names); }) == StoreError::Kind::busy);  // and not stuck
    shop.change("c");  // which was begun before
    std::atomic<bool> goes_on = false;
    shop.store.after([&] { goes_on = shop.store.accepts(); });
    CHECK(names(shop.other) == 0);
    shop.let_go();
    shop.until_accepting(true);
    CHECK(shop.store.wait(names) == 3);
    shop.change("d");
    shop.store.stop();
    CHECK(shop.heard == "abcd");
    CHECK(goes_on);  // who is told that it is kept may begin the next change
    CHECK(names(shop.other) == 4);
}

TEST_CASE(
    "a full disk keeps changes waiting and lets others read; a mistake keeps nobody waiting") {
    Shop shop;
    shop.store.wait([](Database& d) { d.script("PRAGMA max_page_count = 8"); });
    shop.change("a");
    shop.change("a");  // its own fault: the name is taken
    std::string const big(100'000, 'x');
    shop.change(big);
    shop.change("b");
    shop.until_accepting(false);
    CHECK(shop.store.wait([](Database& d) { return names(d); }) <= 1);
    shop.store.wait([](Database& d) { d.script("PRAGMA max_page_count = 1000"); });
    shop.until_accepting(true);
    shop.store.stop();
    CHECK(shop.heard == "aa" + big + "b");
    CHECK(names(shop.other) == 3);
}

TEST_CASE("a store that has to stop tries a last time, and what is lost was told to nobody") {
    Shop shop({1ms, 1h});
    shop.hold();
    shop.change("a");
    shop.until_accepting(false);
    SUBCASE("in vain") {
        shop.store.stop();
        CHECK(shop.heard.empty());
        shop.let_go();
        CHECK(names(shop.other) == 0);
    }
    SUBCASE("with success") {
        shop.let_go();
        shop.store.stop();
        CHECK(shop.heard == "a");
        CHECK(names(shop.other) == 1);
    }
    CHECK_FALSE(shop.store.accepts());
}

TEST_CASE("a store in a hurry does not wait for whom it waits for already") {
    Shop shop({1h, 1h});
    shop.hold();
    shop.change("a");
    std::this_thread::sleep_for(20ms);  // most of the time it has begun to wait by then
    shop.store.hurry();
    shop.store.stop();
    shop.let_go();
    CHECK(shop.heard.empty());
    CHECK(names(shop.other) == 0);
}

TEST_CASE("a change of several parts is kept wholly or not at all") {
    Shop shop;
    shop.hold();  // so that they wait together
    shop.change("a");
    shop.until_accepting(false);
    {
        StoreThread::Together const together(shop.store);
        shop.change("b");
        shop.change("a");  // which is taken
    }
    {
        StoreThread::Together const together(shop.store);
        shop.change("c");
        shop.change("d");
        CHECK_THROWS_AS(shop.store.wait(names), StoreError);  // no part of it
    }
    shop.let_go();
    shop.store.stop();
    CHECK(shop.heard == "acd");
    CHECK(names(shop.other) == 3);
}

TEST_CASE("what is done in pieces lets others in between, and ends when it is done or fails") {
    StoreThread store(":memory:");
    migrate(store.database(), {"test", steps});
    std::string order;  // the store's, until it has stopped
    int left = 3;
    auto const note = [&](char const* what) {
        return [&order, what](Database&) { order += what; };
    };
    auto const piece = [&](Database&) {
        order += std::to_string(left);
        if (left == 3) {
            store.tell("other", note("o"));
        }
        return --left > 0;
    };
    auto const ended = [&](bool well) { order += well ? "." : "!"; };
    store.in_pieces("counting", piece, ended);
    store.tell("other", note("f"));
    auto const failing = [](Database& database) {
        database.run("SELEC");
        return true;
    };
    store.in_pieces("failing", failing, ended);
    store.start();
    while (store.wait([&](Database&) { return left > 0; })) {
    }
    store.stop();
    CHECK(order.substr(0, 3) == "3f!");
    CHECK(order.substr(3) == "o21.");
    store.in_pieces("too late", piece, ended);
    CHECK(order.back() == '!');
}

TEST_CASE("announcements without a change before them need no database, and may fail") {
    Shop shop;
    shop.hold();
    std::promise<void> heard;
    shop.store.after([] { throw std::runtime_error("nobody listens"); });
    shop.store.after([&] { heard.set_value(); });
    heard.get_future().wait();
    CHECK(shop.store.accepts());
    shop.let_go();
}

TEST_CASE("a coroutine goes on when its change is kept, or learns that this takes longer") {
    Shop shop;
    Loop loop;
    std::string log;
    bool together = false;
    auto const change = [&](std::string const& name) {
        if (!together) {
            shop.store.tell("add", adding(name));
            return shop.store.kept();
        }
        StoreThread::Together parts(shop.store);
        shop.store.tell("add", adding(name));
        return parts.kept();
    };
    auto const task = [&](std::string name) -> socketio::Task<void> {
        try {
            auto kept = change(name);
            co_await kept;
            log += name + (names(shop.other) > 0 ? " kept " : " not there ");
        } catch (apps::common::Unavailable const&) {
            log += name + " waits ";
        } catch (StoreError const&) {
            log += name + " taken";
        }
    };
    auto const run = [&](char const* name) {
        {
            Shard::Turn const turn(loop, {});
            socketio::spawn(task(name));
        }
        loop.run_until([] { return socketio::spawned_count() == 0; });
    };
    SUBCASE("one thing it told") {}
    SUBCASE("a change as a whole") {
        together = true;
    }
    run("a");
    shop.hold();
    run("b");                     // fails with its transaction
    shop.until_accepting(false);  // which it is not the first to know
    run("c");                     // at once
    shop.let_go();
    shop.until_accepting(true);
    run("d");
    CHECK(log == "a kept b waits c waits d kept ");
    if (together) {
        run("d");
        CHECK(log.ends_with("d taken"));
    }
    CHECK(shop.store.wait(names) == 4);
}

TEST_CASE("an answer that nobody waits for any more is dropped") {
    StoreThread store(":memory:");
    store.start();
    Loop loop;
    Shard::Turn const turn(loop, {});
    auto const task = [&]() -> socketio::Task<void> {
        co_await store.ask([](Database&) { return std::string(100, 'x'); });
        FAIL("resumed");
    };
    socketio::spawn(task());
    socketio::destroy_spawned();
    store.stop();
    loop.run_posted();
}

TEST_CASE("a worker answers on the asking thread, and refuses more than it can do") {
    apps::common::Worker worker;
    Loop loop;
    std::promise<void> gate;
    int sum = 0;
    int refused = 0;
    int not_done = 0;  // which are refused depends on when the worker takes the first
    auto const task = [&](int value) -> socketio::Task<void> {
        try {
            auto const work = [value, gate = value == 0 ? &gate : nullptr] {
                if (gate) {
                    gate->get_future().wait();
                }
                return value;
            };
            sum += co_await worker.ask(work);
        } catch (apps::common::Worker::Overloaded const&) {
            ++refused;
            not_done += value;
        }
    };
    int const jobs = 300;
    {
        Shard::Turn const turn(loop, {});
        for (int i = 0; i < jobs; ++i) {
            socketio::spawn(task(i));
        }
    }
    CHECK(refused >= jobs - 1 - static_cast<int>(apps::common::Worker::max_waiting));
    CHECK(refused > 0);
    gate.set_value();
    loop.run_until([&] { return socketio::spawned_count() == 0; });
    CHECK(sum + not_done == jobs * (jobs - 1) / 2);
}

}  // namespace store_test
