// What the kernel may answer, at every point of a client's life.
#include "tests/faults/dialogue.hpp"
#include "tests/faults/plan.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace faults_io {

using namespace faults;
using namespace std::chrono_literals;
using loopback::RawClient;

namespace {

// What an undisturbed client hears, and how many calls that takes.
struct Undisturbed {
    std::string heard;
    std::string greeted;
    int calls = 0;
};

Undisturbed undisturbed(std::uint16_t port, Call call) {
    Plan const plan;
    Undisturbed all;
    all.heard = dialogue(port);
    all.calls = plan.calls(call);
    all.greeted = greeting(port);
    CHECK(all.heard.ends_with("closed\n"));
    CHECK(all.greeted.find("opened\n") == 0);
    return all;
}

// What two dialogues may differ by: bytes that come together are read together.
constexpr int chance_calls = 4;

// What was heard of a dialogue with a failure planned: it ends early, but nothing is wrong. Without
// the failure, for it needed a call less than the one before, nothing is missing.
void check_heard(std::string_view heard, Undisturbed const& whole, int failures) {
    CHECK(whole.heard.starts_with(heard));
    CHECK((failures == 1 || heard == whole.heard));
}

// Fails every call of the dialogue once, each time in another dialogue.
void break_everywhere(Call call, int error) {
    auto const server = make_server();
    greeting(server->port);
    CHECK(is_clean(*server));
    auto const descriptors = open_descriptors();
    auto const whole = undisturbed(server->port, call);
    CHECK(whole.calls > 8);
    int failures = 0;
    for (int n = 1; n <= whole.calls; ++n) {
        CAPTURE(n);
        Plan plan;
        plan.fail(call, error, n);
        auto const heard = dialogue(server->port);
        check_heard(heard, whole, plan.failures(call));
        failures += plan.failures(call);
        plan.spare(true);
        CHECK(greeting(server->port) == whole.greeted);
    }
    CHECK(failures >= whole.calls - chance_calls);
    CHECK(is_clean(*server));
    CHECK(open_descriptors() == descriptors);
}

// Nothing that anybody notices.
void disturb(Call call, int error, int step) {
    auto const server = make_server();
    auto const whole = undisturbed(server->port, call);
    {
        Plan plan;
        plan.fail(call, error, 1, step);
        CHECK(dialogue(server->port) == whole.heard);
        CHECK(plan.failures(call) > 4);
    }
    CHECK(is_clean(*server));
}

}  // namespace

TEST_CASE("a connection that breaks at any point ends alone") {
    break_everywhere(Call::receive, ECONNRESET);
    break_everywhere(Call::receive, ETIMEDOUT);
    break_everywhere(Call::send, ECONNRESET);
    break_everywhere(Call::send, EPIPE);
}

TEST_CASE("a kernel without memory at any point costs that connection only") {
    break_everywhere(Call::send, ENOBUFS);
    break_everywhere(Call::receive, ENOMEM);
}

TEST_CASE("a connection that can't be waited for any more ends instead of hanging") {
    auto const server = make_server();
    auto const whole = undisturbed(server->port, Call::watch);
    for (int const error : {ENOSPC, ENOMEM}) {
        int failures = 0;
        for (int n = 1; n <= whole.calls; ++n) {
            CAPTURE(n);
            Plan plan;
            plan.fail(Call::watch, error, n);
            auto const heard = dialogue(server->port);
            check_heard(heard, whole, plan.failures(Call::watch));
            failures += plan.failures(Call::watch);
            plan.spare(true);
            CHECK(greeting(server->port) == whole.greeted);
        }
        CHECK(failures >= whole.calls - chance_calls);
    }
    CHECK(is_clean(*server));
}

TEST_CASE("a new connection that can't be waited for is dropped, and the listener lives on") {
    auto const server = make_server(2);
    auto const request = "GET /none HTTP/1.1\r\nHost: h\r\n\r\n";
    auto neighbour = std::make_unique<RawClient>(server->port);
    auto const is_served = [&](RawClient& client) {
        client.send(request);
        return client.read_answer().starts_with("HTTP/1.1 404 ");
    };
    CHECK(is_served(*neighbour));
    auto const descriptors = open_descriptors();
    for (int const error : {ENOSPC, ENOMEM}) {
        Plan plan;
        plan.fail(Call::watch, error, 1, 1);
        for (int i = 1; i <= 4; ++i) {  // on both shards
            RawClient dropped(server->port);
            CHECK(dropped.read_all().empty());
            CHECK(!dropped.stuck());
            CHECK(plan.failures(Call::watch) >= i);
        }
        CHECK(is_served(*neighbour));
        plan.fail(Call::watch, 0);
        RawClient next(server->port);
        CHECK(is_served(next));
    }
    neighbour.reset();
    CHECK(is_clean(*server));
    CHECK(open_descriptors() == descriptors - 2);  // both ends of the neighbour's
}

TEST_CASE("output that can't be waited for ends the connection, too") {
    auto const server = make_server();
    auto const whole = undisturbed(server->port, Call::watch);
    {
        Plan plan;
        plan.at_most(Call::send, 1000);  // so that it has to wait for room
        plan.fail(Call::watch, ENOMEM, 3, 1);
        CHECK(whole.heard.starts_with(dialogue(server->port)));
        CHECK(plan.failures(Call::watch) > 0);
    }
    CHECK(is_clean(*server));
}

TEST_CASE("interruptions and false alarms are nothing") {
    disturb(Call::receive, EINTR, 2);
    disturb(Call::receive, EAGAIN, 2);
    disturb(Call::send, EINTR, 2);
    disturb(Call::send, EAGAIN, 2);
}

TEST_CASE("waiting may be interrupted, wake up for nothing, or tell late") {
    // Not every other one: Asio waits once and the connections' set once for each event.
    disturb(Call::wait, EINTR, 3);
    disturb(Call::wait, no_events, 3);
    disturb(Call::wait, no_events, 5);
}

TEST_CASE("errors and hang-ups that are none end nothing") {
    disturb(Call::wait, hung_up, 1);
    disturb(Call::wait, hung_up, 3);
}

TEST_CASE("waiting that fails altogether for a while leaves nobody unserved") {
    for (int const error : {EINTR, no_events}) {
        auto const server = make_server(2);
        auto const whole = undisturbed(server->port, Call::wait);
        {
            Plan plan;
            plan.fail(Call::wait, error, 1, 1);
            RawClient waiting(server->port);  // the kernel lets it in, nobody is told
            waiting.send("GET /none HTTP/1.1\r\nHost: h\r\n\r\n");
            while (plan.failures(Call::wait) < 100) {
                std::this_thread::sleep_for(1ms);
            }
            plan.fail(Call::wait, 0);
            CHECK(waiting.read_answer().starts_with("HTTP/1.1 404 "));
        }
        CHECK(dialogue(server->port) == whole.heard);
        CHECK(is_clean(*server));
    }
}

TEST_CASE("bytes may come and go one by one") {
    auto const server = make_server();
    auto const whole = undisturbed(server->port, Call::send);
    for (auto const call : {Call::receive, Call::send}) {
        Plan plan;
        plan.at_most(call, 1);
        CHECK(dialogue(server->port) == whole.heard);
        CHECK(plan.calls(call) > 500);
    }
    CHECK(is_clean(*server));
}

TEST_CASE("accepting fails for a while: the listener waits and does not spin") {
    auto const server = make_server(2);
    RawClient neighbour(server->port);
    auto const served = [&] {
        neighbour.send("GET /none HTTP/1.1\r\nHost: h\r\n\r\n");
        return neighbour.read_answer().starts_with("HTTP/1.1 404 ");
    };
    CHECK(served());
    for (int const error : {EMFILE, ENOMEM, EINVAL}) {
        CAPTURE(error);
        Plan plan;
        plan.fail(Call::accept, error, 1, 1);
        auto const began = std::chrono::steady_clock::now();
        RawClient waiting(server->port);  // the kernel lets it in, nobody takes it
        waiting.send("GET /none HTTP/1.1\r\nHost: h\r\n\r\n");
        while (plan.calls(Call::accept) < 3) {
            CHECK(served());
            std::this_thread::sleep_for(1ms);
        }
        auto const pauses = std::chrono::steady_clock::now() - began;
        CHECK(pauses >= 190ms);  // two of a tenth of a second
        CHECK(plan.calls(Call::accept) < 200);
        plan.fail(Call::accept, 0);
        CHECK(waiting.read_answer().starts_with("HTTP/1.1 404 "));
    }
}

TEST_CASE("a peer that has gone before it was accepted harms nobody") {
    auto const server = make_server();
    for (int const error : {ECONNABORTED, EPROTO, EPERM, EHOSTUNREACH, EINTR}) {
        Plan plan;
        plan.fail(Call::accept, error, 1, 2);
        CHECK(greeting(server->port).starts_with("opened\n"));
        CHECK(plan.failures(Call::accept) > 0);
    }
    CHECK(is_clean(*server));
}

}  // namespace faults_io
