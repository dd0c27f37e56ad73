// Memory that runs out. The policy (README "When memory runs out"): an application's code that asks
// for too much fails alone, but where the server itself gets none it ends at once with SIGABRT,
// rather than go on with half of a change made. Nothing else may happen: no crash, no hang.
#include "tests/faults/dialogue.hpp"
#include "tests/faults/plan.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace faults_memory {

using namespace faults;

namespace {

constexpr int served = 0;
constexpr int not_served = 1;

// In a process of its own, as it may end.
template <class F>
int in_child(F body) {
    std::fflush(nullptr);
    auto const child = ::fork();
    if (child == 0) {
        ::alarm(20);  // a hang ends it by SIGALRM
        rlimit const no_core{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core);
        int const nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(nowhere, STDERR_FILENO);
        ::_exit(body());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

long allocations_of_dialogue() {
    auto const server = make_server();
    dialogue(server->port);
    fail_allocation(0);
    dialogue(server->port);
    return allocations();
}

}  // namespace

TEST_CASE("without memory at any point the server serves on or aborts, and does nothing else") {
    auto const count = allocations_of_dialogue();
    CHECK(count > 100);
    int aborted = 0;
    // Not each of them, for the time it takes; HUBBUB_EVERY_ALLOCATION=1 does.
    long const step = std::getenv("HUBBUB_EVERY_ALLOCATION") ? 1 : count / 40 + 1;
    for (long n = 1; n <= count; n += step) {
        CAPTURE(n);
        auto const status = in_child([n] {
            auto const server = make_server();
            dialogue(server->port);
            fail_allocation(n);
            bool const left_alone = dialogue(server->port).ends_with("stuck\n");
            fail_allocation(0);
            bool const well = greeting(server->port).starts_with("opened\n");
            return well && !left_alone ? served : not_served;
        });
        bool const abort = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
        bool const fine = WIFEXITED(status) && WEXITSTATUS(status) == served;
        CHECK_MESSAGE((abort || fine), "status " << status << " n " << n << " of " << count);
        aborted += abort;
    }
    CHECK(aborted > 0);
}

TEST_CASE("a handler that asks for more than there is fails alone") {
    loopback::RunningServer server;
    server.io.on("huge", [] { return std::vector<char>(std::size_t{1} << 60).size(); });
    server.io.on("next", [] { return "served"; });
    server.run();
    loopback::Peer peer(server);
    peer.read();
    peer.say(R"(420["huge"])");
    peer.say(R"(421["next"])");
    CHECK(peer.read() == R"(431["served"])");
    CHECK(metrics_of(server).handler_exceptions == 1);
}

}  // namespace faults_memory
