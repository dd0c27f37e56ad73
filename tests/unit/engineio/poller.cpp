#include "engineio/net/poller.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <unistd.h>

namespace poller_test {

using namespace engineio::net;

namespace {

// Both ends of a pipe, of which the reading one is polled.
struct Pipe final : Pollable {
    Pipe() {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        reader = UniqueFd(ends[0]);
        writer = UniqueFd(ends[1]);
    }
    void on_ready(Interest ready) override {
        ++calls;
        last = ready;
        if (then) {
            then();
        }
    }
    void fill() { REQUIRE(::write(writer.get(), "x", 1) == 1); }

    UniqueFd reader, writer;
    int calls = 0;
    Interest last = Interest::none;
    std::function<void()> then;
};

void serve(Poller& poller) {
    poller.collect();
    while (poller.has_collected()) {
        poller.serve_one();
    }
}

}  // namespace

TEST_CASE("poller: tells again until what is there was read") {
    Poller poller;
    Pipe pipe;
    REQUIRE(poller.watch(pipe.reader.get(), pipe, Interest::read));
    serve(poller);
    CHECK(pipe.calls == 0);
    pipe.fill();
    serve(poller);
    serve(poller);
    CHECK(pipe.calls == 2);
    CHECK(pipe.last == Interest::read);
}

TEST_CASE("poller: a hang-up is told as what was asked for, and to nobody who asked for nothing") {
    Poller poller;
    Pipe pipe;
    REQUIRE(poller.watch(pipe.reader.get(), pipe, Interest::read));
    pipe.writer = UniqueFd();
    serve(poller);
    CHECK(pipe.last == Interest::read);
    CHECK(poller.watch(pipe.reader.get(), pipe, Interest::none));
    serve(poller);
    CHECK(pipe.calls == 1);
    CHECK(poller.watch(pipe.reader.get(), pipe, Interest::read));
    serve(poller);
    CHECK(pipe.calls == 2);
}

TEST_CASE("poller: one that another's call ended is not called any more") {
    Poller poller;
    Pipe a, b;
    REQUIRE(poller.watch(a.reader.get(), a, Interest::read));
    REQUIRE(poller.watch(b.reader.get(), b, Interest::read));
    auto const end = [&poller](Pipe& other) {
        return [&] { poller.watch(other.reader.get(), other, Interest::none); };
    };
    a.then = end(b);
    b.then = end(a);
    a.fill();
    b.fill();
    serve(poller);
    CHECK(a.calls + b.calls == 1);
}

TEST_CASE("poller: says if the kernel refuses") {
    Poller poller;
    Pipe pipe;
    CHECK_FALSE(poller.watch(-1, pipe, Interest::read));
}

}  // namespace poller_test
