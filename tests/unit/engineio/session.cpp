#include "tests/rig/session_rig.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace session_test {

using namespace std::chrono_literals;
using engineio::CloseReason;
using rig::SessionRig;

namespace {

engineio::net::Message text(std::string_view payload) {
    return engineio::net::Message::make(engineio::net::MessageKind::text, payload);
}

}  // namespace

TEST_CASE("session: the open packet") {
    std::string const limits = R"("pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";
    SessionRig().gets(R"(0{"sid":"sid","upgrades":["websocket"],)" + limits).run();
    SessionRig().websocket().gets(R"(0{"sid":"sid","upgrades":[],)" + limits).run();
    engineio::Options options;
    options.allow_upgrades = false;
    options.initial_packet = "hello";
    SessionRig(options).gets(R"(0{"sid":"sid","upgrades":[],)" + limits + "|4hello").run();
}

TEST_CASE("session: heartbeat of protocol 4") {
    SessionRig()
        .gets("0*")
        .polls()
        .advance(24900ms)
        .gets_nothing()
        .advance(90ms)
        .gets("2")
        .says("3")
        .polls()
        .advance(24900ms)
        .gets_nothing()
        .advance(200ms)
        .gets("2")
        .advance(19700ms)
        .stays_open()
        .advance(300ms)
        .closes(CloseReason::ping_timeout)
        .run();
    // The ping waits for a GET while its timeout already runs.
    SessionRig()
        .gets("0*")
        .advance(30s)
        .polls()
        .gets("2")
        .advance(14s)
        .stays_open()
        .advance(2s)
        .closes(CloseReason::ping_timeout)
        .run();
    // Unsolicited pongs postpone the ping.
    SessionRig()
        .websocket()
        .gets("0*")
        .advance(20s)
        .says("3")
        .advance(24s)
        .gets_nothing()
        .advance(1s)
        .gets("2")
        .run();
}

TEST_CASE("session: one other packet per ping extends the pong timeout") {
    SessionRig()
        .websocket()
        .gets("0*")
        .advance(25s)
        .gets("2")
        .advance(15s)
        .says("4a")
        .advance(15s)
        .stays_open()
        .says("4b")
        .advance(6s)
        .closes(CloseReason::ping_timeout)
        .run();
    SessionRig()
        .websocket()
        .gets("0*")
        .advance(25s)
        .gets("2")
        .advance(15s)
        .says("4a")
        .says("3")
        .advance(25s)
        .gets("2")
        .advance(19s)
        .says("6")
        .advance(19s)
        .stays_open()
        .run();
}

TEST_CASE("session: a ping from the client of protocol 4 ends it") {
    SessionRig()
        .polls()
        .gets("0*")
        .polls()
        .says("2")
        .closes(CloseReason::transport_error, "invalid heartbeat direction")
        .gets("1")
        .run();
}

TEST_CASE("session: heartbeat of protocol 3") {
    engineio::Options options;
    options.allow_eio3 = true;
    SessionRig(options, 3)
        .websocket()
        .gets("0*")
        .advance(44s)
        .says("2data")
        .gets("3")
        .advance(44s)
        .says("4x")
        .stays_open()
        .advance(2s)
        .closes(CloseReason::ping_timeout)
        .run();
    SessionRig(options, 3)
        .websocket()
        .gets("0*")
        .says("3")
        .closes(CloseReason::transport_error, "invalid heartbeat direction")
        .run();
}

TEST_CASE("session: messages both ways, queued while no poll is there") {
    SessionRig()
        .gets("0*")
        .sends("4a")
        .sends("4b")
        .gets_nothing()
        .polls()
        .gets("4a|4b")
        .says("4hello")
        .receives("hello")
        .says("bAQ==")
        .receives("b:\x01")
        .says("1")
        .says("6")
        .says("5")
        .says("0")
        .stays_open()
        .run();
}

TEST_CASE("session: parse error") {
    SessionRig().gets("0*").polls().says("abc").closes(CloseReason::parse_error).gets("1").run();
    SessionRig().websocket().gets("0*").says("").closes(CloseReason::parse_error).run();
}

TEST_CASE("session: closed by the server") {
    SessionRig()
        .gets("0*")
        .polls()
        .server_closes()
        .closes(CloseReason::forced_close)
        .gets("1")
        .run();
    SessionRig()
        .gets("0*")
        .server_closes()
        .says("4x")
        .polls()
        .gets("6|1")
        .closes(CloseReason::forced_close)
        .run();
    SessionRig()
        .gets("0*")
        .sends("4bye")
        .server_closes()
        .polls()
        .gets("4bye")
        .polls()
        .gets("6|1")
        .closes(CloseReason::forced_close)
        .run();
    SessionRig()
        .gets("0*")
        .sends("4bye")
        .server_closes(true)
        .closes(CloseReason::forced_close)
        .run();
    SessionRig()
        .websocket()
        .gets("0*")
        .sends("4bye")
        .server_closes()
        .gets("4bye")
        .closes(CloseReason::forced_close)
        .run();
    // Heartbeat ends what nobody polls any more.
    SessionRig()
        .gets("0*")
        .sends("4bye")
        .server_closes()
        .advance(46s)
        .closes(CloseReason::ping_timeout)
        .run();
}

TEST_CASE("session: closing and sending from inside on_message") {
    auto const closing = [](engineio::Session& session, std::string_view) {
        auto const bye = text("4bye");
        session.send({&bye, 1});
        session.close();
        session.close(true);
        session.send({&bye, 1});
        CHECK_FALSE(session.is_open());
    };
    SessionRig()
        .on_message(closing)
        .gets("0*")
        .polls()
        .says("4x")
        .gets("4bye")
        .closes(CloseReason::forced_close)
        .run();
    SessionRig()
        .on_message(closing)
        .websocket()
        .gets("0*")
        .says("4x")
        .gets("4bye")
        .says("4y")
        .closes(CloseReason::forced_close)
        .run();
}

TEST_CASE("session: upgrade") {
    SessionRig()
        .gets("0*")
        .polls()
        .probes()
        .probe_says("2probe")
        .probe_gets("3probe")
        .probe_refused()
        .advance(110ms)
        .gets("6")
        .polls()
        .advance(110ms)
        .gets("6")
        .sends("4queued")
        .sends("4too")
        .probe_says("5")
        .probe_gets("4queued|4too")
        .sends("4direct")
        .probe_gets("4direct")
        .probe_refused()
        .probe_says("4in")
        .receives("in")
        .probe_says("1")
        .stays_open()
        .run();
    // No probe needed; a GET still pending gets a close packet.
    SessionRig().gets("0*").polls().probes().probe_says("5").gets("1").stays_open().run();
    // A poll during the probe gets what is sent.
    SessionRig().gets("0*").polls().probes().probe_says("2probe").sends("4a").gets("4a").run();
}

TEST_CASE("session: a failed probe does no harm") {
    for (auto const* bad : {"2foo", "42x", "abc", "", "3probe", "6"}) {
        SessionRig()
            .gets("0*")
            .probes()
            .probe_says(bad)
            .probe_ends()
            .stays_open()
            .sends("4a")
            .polls()
            .gets("4a")
            .probes()
            .probe_says("5")
            .stays_open()
            .run();
    }
    SessionRig()
        .gets("0*")
        .probes()
        .probe_says("2probe")
        .advance(10s)
        .probe_ends()
        .stays_open()
        .polls()
        .advance(500ms)
        .gets_nothing()
        .run();
    SessionRig().gets("0*").probes().probe_cut().stays_open().probes().stays_open().run();
}

TEST_CASE("session: closed while probing") {
    SessionRig()
        .gets("0*")
        .polls()
        .probes()
        .says("2")
        .closes(CloseReason::transport_error, "invalid heartbeat direction")
        .probe_ends()
        .run();
    SessionRig()
        .gets("0*")
        .probes()
        .sends("4bye")
        .server_closes()
        .probe_says("5")
        .probe_gets("4bye")
        .probe_ends()
        .closes(CloseReason::forced_close)
        .run();
    SessionRig()
        .gets("0*")
        .probes()
        .server_closes()
        .probe_says("5")
        .probe_ends()
        .closes(CloseReason::forced_close)
        .run();
}

TEST_CASE("session: the heartbeat goes on after the upgrade") {
    // Unlike the reference, also if the pong got lost in it.
    SessionRig()
        .gets("0*")
        .polls()
        .advance(25s)
        .gets("2")
        .probes()
        .probe_says("5")
        .advance(19s)
        .stays_open()
        .advance(2s)
        .closes(CloseReason::ping_timeout)
        .probe_ends()
        .run();
    SessionRig()
        .gets("0*")
        .polls()
        .advance(20s)
        .probes()
        .probe_says("5")
        .advance(5s)
        .probe_gets("2")
        .probe_says("3")
        .advance(25s)
        .probe_gets("2")
        .run();
}

TEST_CASE("session: a queue nobody fetches is bounded") {
    engineio::Options options;
    rig::Play play(options, 4);
    play.start(engineio::TransportName::polling);
    auto const big = text(std::string(1'000'000, 'x'));
    play.shard.turn([&] {
        for (int i = 0; i < 30; ++i) {
            play.session->send({&big, 1});
        }
        CHECK(play.session->buffered_bytes() < 18'000'000);
        CHECK(play.closes.empty());
    });
    REQUIRE(play.closes.size() == 1);
    CHECK(play.closes.front().first == CloseReason::transport_error);
}

TEST_CASE("session: the number of packets nobody fetches is bounded, too") {
    rig::Play play(engineio::Options{}, 4);
    play.start(engineio::TransportName::polling);
    auto const small = text("4");
    auto const most = engineio::limits::max_queued_messages(engineio::limits::max_buffered_bytes);
    play.shard.turn([&] {
        for (std::size_t i = 0; i < most; ++i) {
            play.session->send({&small, 1});
        }
    });
    CHECK(play.closes.empty());
    CHECK(play.session->buffered_bytes() == most);
    CHECK(play.shard.metrics().buffered_bytes == most);
    play.shard.turn([&] { play.session->send({&small, 1}); });
    REQUIRE(play.closes.size() == 1);
    CHECK(play.closes.front().first == CloseReason::transport_error);
    CHECK(play.shard.metrics().buffered_bytes == 0);
}

TEST_CASE("session: what waits for a poll is in the gauge") {
    rig::Play play(engineio::Options{}, 4);
    play.start(engineio::TransportName::polling);
    play.transport->take();
    auto const waiting = text("4hello");
    auto const gauge = [&] { return play.shard.metrics().buffered_bytes; };
    play.shard.turn([&] { play.session->send({&waiting, 1}); });
    CHECK(gauge() == 6);
    play.shard.turn([&] { play.transport->poll(); });
    CHECK(gauge() == 0);
    play.shard.turn([&] { play.session->send({&waiting, 1}); });
    play.shard.turn([&] { play.session->close(true); });
    CHECK(gauge() == 0);
}

TEST_CASE("session: who is not read for the sake of others is no more silent than who is paused") {
    rig::Play play(engineio::Options{}, 4);
    play.start(engineio::TransportName::websocket);
    auto const interval = play.options.ping_interval;
    auto const timeout = play.options.ping_timeout;
    play.transport->pause_reading(true);  // not by the session
    play.shard.advance(interval + timeout + 1s);
    CHECK(play.closes.empty());
    play.transport->pause_reading(false);
    play.say(*play.transport, "3");
    SUBCASE("it has been heard, and may be overlooked as often again") {
        play.transport->pause_reading(true);
        play.shard.advance(interval + timeout +
                           (engineio::limits::max_forgiven_heartbeats - 1) * interval);
        CHECK(play.closes.empty());
        play.shard.advance(2 * interval);
    }
    SUBCASE("but it is, when it is read") {
        play.shard.advance(interval + timeout + 1s);
    }
    REQUIRE(play.closes.size() == 1);
    CHECK(play.closes.front().first == CloseReason::ping_timeout);
}

TEST_CASE("session: a batch stays together") {
    rig::Play play(engineio::Options{}, 4);
    play.start(engineio::TransportName::polling);
    play.transport->take();
    using engineio::net::Message;
    std::array const batch = {text("451-[]"),
                              Message::make(engineio::net::MessageKind::binary, "B")};
    play.shard.turn([&] {
        play.transport->poll();
        CHECK(play.session->writable());
        play.session->send(batch);
        CHECK_FALSE(play.session->writable());
    });
    CHECK(play.transport->take().value_or("") == "451-[]|b:B");
}

}  // namespace session_test
