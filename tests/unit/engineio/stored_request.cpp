#include "engineio/net/stored_request.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace stored_request_test {

using namespace engineio::net;

TEST_CASE("stored request: comes back as it was") {
    Request request;
    request.method = "GET";
    request.target = "/socket.io/?EIO=4";
    request.headers = {{"host", "localhost"}, {"empty", ""}, {"long", std::string(9000, 'x')}};
    request.remote_address = "127.0.0.1";
    request.http_minor = 0;
    request.secure = true;
    StoredRequest const stored(request);
    auto const& back = stored.get();
    CHECK(back.method == request.method);
    CHECK(back.target == request.target);
    CHECK(back.remote_address == request.remote_address);
    CHECK(back.http_minor == 0);
    CHECK(back.secure);
    CHECK_FALSE(back.upgrade);
    REQUIRE(back.headers.size() == 3);
    CHECK(back.headers[1].name == "empty");
    CHECK(back.headers[1].value.empty());
    CHECK(back.headers[2].value == request.headers[2].value);
    CHECK(&stored.get() == &back);
}

TEST_CASE("stored request: threads that ask at once get the same") {
    StoredRequest const stored{Request{}};
    std::vector<Request const*> got(4);
    std::vector<std::thread> threads;
    for (auto& slot : got) {
        threads.emplace_back([&] { slot = &stored.get(); });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(got == std::vector<Request const*>(4, got[0]));
}

}  // namespace stored_request_test
