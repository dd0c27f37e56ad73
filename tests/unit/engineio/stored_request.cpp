#include "engineio/net/stored_request.hpp"

#include <doctest/doctest.h>

#include <optional>

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
    auto const back = stored.unpack();
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
}

TEST_CASE("stored request: what is looked up is found as it lies") {
    Request request;
    request.target = "/socket.io/?EIO=4";
    request.headers = {{"host", "localhost"}, {"empty", ""}, {"twice", "1"}, {"twice", "2"}};
    request.remote_address = "::1";
    StoredRequest const stored(request);
    CHECK(stored.target() == request.target);
    CHECK(stored.remote_address() == "::1");
    CHECK_FALSE(stored.secure());
    CHECK(stored.header("host") == "localhost");
    CHECK(stored.header("empty") == "");
    CHECK(stored.header("twice") == "1");
    CHECK(stored.header("localhost") == std::nullopt);
    CHECK(stored.header("") == std::nullopt);
    // It lies in the one string: nothing is made for it, or kept.
    CHECK(stored.header("host")->data() == stored.header("host")->data());
}

TEST_CASE("stored request: an empty one") {
    StoredRequest const stored{Request{}};
    CHECK(stored.target() == "");
    CHECK(stored.header("host") == std::nullopt);
    CHECK(stored.unpack().headers.empty());
}

}  // namespace stored_request_test
