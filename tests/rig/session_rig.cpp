#include "tests/rig/session_rig.hpp"

#include "engineio/limits.hpp"
#include "engineio/packet.hpp"

#include <doctest/doctest.h>

#include <utility>

namespace rig {

using engineio::CloseReason;
using engineio::Session;
using engineio::TransportName;
using namespace std::chrono_literals;

// --- TestShard --------------------------------------------------------------------------------

TestShard::TestShard(unsigned index) : Shard(index, TimePoint{}), time_{} {}

void TestShard::turn(std::function<void()> const& action) {
    Turn const turn(*this, time_);
    action();
}

void TestShard::advance(std::chrono::milliseconds time) {
    // One tick more than asked for, which is as late as the wheel may be.
    for (auto const end = time_ + time + engineio::limits::timer_tick; time_ < end;) {
        time_ = std::min<TimePoint>(time_ + engineio::limits::timer_tick, end);
        turn([this] {
            run_posted();
            run_timers();
        });
    }
}

// --- FakeTransport ----------------------------------------------------------------------------

FakeTransport::FakeTransport(TransportName name, Session& session)
    : name_(name), session_(&session) {}

bool FakeTransport::accepts() const {
    return !ended_ && (name_ == TransportName::websocket || parked_);
}

void FakeTransport::poll() {
    if (ended_) {
        return;
    }
    parked_ = true;
    if (close_waits_) {
        output_.push_back("6|1");
        ended_ = true;
        session_->on_close_delivered(*this);
    } else {
        session_->on_transport_ready(*this);
    }
}

void FakeTransport::send(std::span<engineio::Outgoing const> packets) {
    CHECK(accepts());
    std::string batch;
    for (auto const& packet : packets) {
        batch += batch.empty() ? "" : "|";
        bool const binary = packet.message.kind() == engineio::net::MessageKind::binary;
        batch += binary ? "b:" : "";
        batch += packet.message.payload();
    }
    output_.push_back(std::move(batch));
    parked_ = false;
}

bool FakeTransport::close(bool discard) {
    if (ended_) {
        return true;
    }
    if (name_ == TransportName::polling && !parked_ && !discard) {
        close_waits_ = true;
        return false;
    }
    if (parked_) {
        output_.push_back("1");
    }
    parked_ = false;
    ended_ = true;
    return true;
}

std::optional<std::string> FakeTransport::take() {
    if (output_.empty()) {
        return std::nullopt;
    }
    auto first = std::move(output_.front());
    output_.erase(output_.begin());
    return first;
}

// --- Play -------------------------------------------------------------------------------------

namespace {

class Recorder final : public engineio::SessionHandler {
public:
    Recorder(Play& play, Session& session) : play_(play), session_(session) {}
    void on_message(std::string_view text) override {
        play_.received.emplace_back(text);
        if (play_.on_message) {
            auto const closes_before = play_.closes.size();
            play_.on_message(session_, text);
            // Whatever the user calls, the end is not told from inside its call.
            CHECK(play_.closes.size() == closes_before);
        }
    }
    void on_binary(std::string_view bytes) override {
        play_.received.push_back("b:" + std::string(bytes));
    }
    void on_drain() override {}
    void on_close(CloseReason reason, std::string_view description) override {
        play_.closes.emplace_back(reason, description);
    }

private:
    Play& play_;
    Session& session_;
};

void check_text(std::optional<std::string> const& got, std::string const& expected) {
    REQUIRE_MESSAGE(got.has_value(), "nothing was sent instead of " << expected);
    if (expected.ends_with('*')) {
        CHECK(got->substr(0, expected.size() - 1) == expected.substr(0, expected.size() - 1));
    } else {
        CHECK(*got == expected);
    }
}

}  // namespace

Play::Play(engineio::Options const& options, int protocol) : options(options), protocol(protocol) {}

Play::~Play() = default;

void Play::start(TransportName name) {
    Session::Opening opening;
    opening.sid = "sid";
    opening.protocol = protocol;
    session = std::make_unique<Session>(shard, options, std::move(opening));
    transport = std::make_unique<FakeTransport>(name, *session);
    shard.turn([&] {
        if (name == TransportName::polling) {
            transport->poll();
        }
        session->open(std::make_unique<Recorder>(*this, *session), *transport, [this](Session&) {
            ++ended;
            shard.defer([this] { session.reset(); });
        });
    });
}

void Play::say(FakeTransport& from, std::string_view packet) {
    shard.turn([&] {
        if (!session || from.ended()) {
            return;
        }
        std::string scratch;
        if (auto const decoded = engineio::decode_text(packet, protocol, scratch)) {
            session->on_packet(from, *decoded);
        } else {
            session->on_parse_error(from);
        }
    });
}

void Play::cut(FakeTransport& cut_transport) {
    shard.turn([&] {
        if (session && !cut_transport.ended()) {
            session->on_transport_closed(cut_transport);
        }
    });
}

// --- SessionRig -------------------------------------------------------------------------------

SessionRig::SessionRig(engineio::Options options, int protocol)
    : options_(std::move(options)), protocol_(protocol) {}

SessionRig& SessionRig::websocket() {
    first_ = TransportName::websocket;
    return *this;
}

SessionRig& SessionRig::on_message(std::function<void(Session&, std::string_view)> handler) {
    on_message_ = std::move(handler);
    return *this;
}

SessionRig& SessionRig::step(Step step) {
    steps_.push_back(std::move(step));
    return *this;
}

SessionRig& SessionRig::polls() {
    return step([](Play& play) { play.shard.turn([&] { play.transport->poll(); }); });
}

SessionRig& SessionRig::says(std::string packet) {
    return step([packet](Play& play) { play.say(*play.transport, packet); });
}

SessionRig& SessionRig::gets(std::string expected) {
    return step([expected](Play& play) { check_text(play.transport->take(), expected); });
}

SessionRig& SessionRig::gets_nothing() {
    return step([](Play& play) { CHECK(play.transport->take().value_or("") == ""); });
}

SessionRig& SessionRig::probes() {
    return step([](Play& play) {
        play.probe = std::make_unique<FakeTransport>(TransportName::websocket, *play.session);
        play.shard.turn([&] { CHECK(play.session->attach_probe(*play.probe)); });
    });
}

SessionRig& SessionRig::probe_refused() {
    return step([](Play& play) {
        FakeTransport other(TransportName::websocket, *play.session);
        CHECK_FALSE(play.session->attach_probe(other));
    });
}

SessionRig& SessionRig::probe_says(std::string packet) {
    return step([packet](Play& play) { play.say(*play.probe, packet); });
}

SessionRig& SessionRig::probe_gets(std::string expected) {
    return step([expected](Play& play) { check_text(play.probe->take(), expected); });
}

SessionRig& SessionRig::probe_ends() {
    return step([](Play& play) { CHECK(play.probe->ended()); });
}

SessionRig& SessionRig::probe_cut() {
    return step([](Play& play) { play.cut(*play.probe); });
}

SessionRig& SessionRig::sends(std::string text) {
    return step([text](Play& play) {
        play.shard.turn([&] {
            auto const message =
                engineio::net::Message::make(engineio::net::MessageKind::text, text);
            play.session->send({&message, 1});
        });
    });
}

SessionRig& SessionRig::server_closes(bool discard) {
    return step([discard](Play& play) {
        play.shard.turn([&] {
            play.session->close(discard);
            CHECK(play.closes.empty());
        });
    });
}

SessionRig& SessionRig::receives(std::string text) {
    return step([text](Play& play) {
        REQUIRE_FALSE(play.received.empty());
        CHECK(play.received.front() == text);
        play.received.erase(play.received.begin());
    });
}

SessionRig& SessionRig::closes(CloseReason reason, std::string description) {
    return step([reason, description](Play& play) {
        REQUIRE(play.closes.size() == 1);
        CHECK(engineio::to_string(play.closes.front().first) == engineio::to_string(reason));
        CHECK(play.closes.front().second == description);
        CHECK(play.ended == 1);
        CHECK(play.session == nullptr);
        CHECK(play.shard.timers().armed_count() == 0);
    });
}

SessionRig& SessionRig::stays_open() {
    return step([](Play& play) {
        CHECK(play.closes.empty());
        REQUIRE(play.session != nullptr);
        CHECK(play.session->is_open());
    });
}

SessionRig& SessionRig::advance(std::chrono::milliseconds time) {
    return step([time](Play& play) { play.shard.advance(time); });
}

std::unique_ptr<Play> SessionRig::make_play() const {
    auto play = std::make_unique<Play>(options_, protocol_);
    play->on_message = on_message_;
    play->start(first_);
    return play;
}

void SessionRig::run() {
    auto const play = make_play();
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        CAPTURE(i);
        steps_[i](*play);
    }
    break_everywhere();
}

void SessionRig::break_everywhere() {
    for (std::size_t cut = 0; cut <= steps_.size(); ++cut) {
        CAPTURE(cut);
        auto const play = make_play();
        for (std::size_t i = 0; i < cut; ++i) {
            steps_[i](*play);
        }
        bool const upgraded = play->session && play->session->upgraded();
        if (play->probe) {
            play->cut(*play->probe);
        }
        if (!upgraded) {
            play->cut(*play->transport);
        }
        play->shard.advance(60s);
        CHECK(play->closes.size() == 1);
        CHECK(play->ended == 1);
        CHECK(play->session == nullptr);
        CHECK(play->shard.timers().armed_count() == 0);
    }
}

}  // namespace rig
