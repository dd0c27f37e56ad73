#pragma once

#include "engineio/config.hpp"
#include "engineio/net/shard.hpp"
#include "engineio/session.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rig {

// A shard whose time is moved by hand.
class TestShard final : public engineio::net::Shard {
public:
    explicit TestShard(unsigned index = 0);
    // Runs `action` in a turn of its own.
    void turn(std::function<void()> const& action);
    // Moves the time in steps of one timer tick, running what becomes due.
    void advance(std::chrono::milliseconds time);

private:
    void wake() override {}
    TimePoint time_;
};

// A transport that shows what it was given: polling takes one batch per poll(), a WebSocket any
// number. Packets of one batch are joined by '|', binary ones are shown as "b:<bytes>".
class FakeTransport final : public engineio::Transport {
public:
    FakeTransport(engineio::TransportName name, engineio::Session& session);

    void poll();
    std::optional<std::string> take();
    bool ended() const { return ended_; }

    engineio::TransportName name() const override { return name_; }
    bool accepts() const override;
    bool writable() const override { return accepts(); }
    void send(std::span<engineio::Outgoing const> packets) override;
    bool close(bool discard) override;
    std::size_t buffered_bytes() const override { return unwritten; }
    void flush() override { unwritten -= std::min(unwritten, taken_by_flush); }
    void drop_output() override { unwritten = 0; }
    void tell_drained(bool) override {}
    void pause_reading(bool pause) override { paused_ = pause; }
    bool reading_paused() const override { return paused_; }

    std::size_t unwritten = 0;       // of what it was given
    std::size_t taken_by_flush = 0;  // of that

private:
    engineio::TransportName name_;
    engineio::Session* session_;
    std::vector<std::string> output_;
    bool parked_ = false;
    bool close_waits_ = false;
    bool ended_ = false;
    bool paused_ = false;
};

// Everything one run of a dialogue needs; the client of the session and its user at once.
struct Play {
    explicit Play(engineio::Options const& options, int protocol);
    ~Play();
    void start(engineio::TransportName name);
    void say(FakeTransport& from, std::string_view packet);
    void cut(FakeTransport& transport);

    TestShard shard;
    engineio::Options options;
    int protocol;
    std::unique_ptr<FakeTransport> transport;
    std::unique_ptr<FakeTransport> probe;
    std::unique_ptr<engineio::Session> session;
    std::vector<std::string> received;  // by the session's user
    std::vector<std::pair<engineio::CloseReason, std::string>> closes;
    std::function<void(engineio::Session&, std::string_view)> on_message;
    int ended = 0;
};

// A dialogue between a client and a session, written as it would be told and replayed as often as
// wanted: SessionRig().polls().gets("0*").advance(25s).says("3") … .run(). The text of gets() may
// end in '*' for "anything". run() also replays it once per step with the connection cut there.
class SessionRig {
public:
    explicit SessionRig(engineio::Options options = {}, int protocol = 4);

    SessionRig& websocket();  // the session begins with a WebSocket instead of polling
    SessionRig& on_message(std::function<void(engineio::Session&, std::string_view)> handler);

    // The client.
    SessionRig& polls();
    SessionRig& says(std::string packet);
    SessionRig& gets(std::string expected);
    SessionRig& gets_nothing();
    SessionRig& probes();
    SessionRig& probe_says(std::string packet);
    SessionRig& probe_gets(std::string expected);
    SessionRig& probe_refused();
    SessionRig& probe_ends();  // closed by the server
    SessionRig& probe_cut();   // closed by the client

    // The server.
    SessionRig& sends(std::string text);
    SessionRig& server_closes(bool discard = false);
    SessionRig& receives(std::string text);
    SessionRig& closes(engineio::CloseReason reason, std::string description = "");
    SessionRig& stays_open();
    SessionRig& advance(std::chrono::milliseconds time);

    // Plays the dialogue, then break_everywhere().
    void run();
    // Once per step: plays up to it, cuts the connection, lets a minute pass. The session must end
    // exactly once and leave no timer.
    void break_everywhere();

private:
    using Step = std::function<void(Play&)>;
    SessionRig& step(Step step);
    std::unique_ptr<Play> make_play() const;

    engineio::Options options_;
    int protocol_;
    engineio::TransportName first_ = engineio::TransportName::polling;
    std::function<void(engineio::Session&, std::string_view)> on_message_;
    std::vector<Step> steps_;
};

}  // namespace rig
